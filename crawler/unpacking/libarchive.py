"""libarchive (libarchive.org), by ctypes: it reads every format here from memory, a block at a time, and is fuzzed.

The binding is our own, since those on the index look for the library with a compiler and temporary files, switch on
formats that run other programs, and log the names they come across. Only what is named here is ever switched on: what
cannot be unpacked in this very process is not unpacked.
"""

import ctypes
from ctypes import c_char_p, c_int, c_int64, c_size_t, c_void_p
from functools import lru_cache
from types import TracebackType
from typing import NamedTuple, Self

from crawler.contract.reasons import Reason
from crawler.unpacking.errors import ArchiveError, MemberError
from crawler.unpacking.kinds import ArchiveKind

LIBRARY = "libarchive.so.13"
"""Its name since version 3.0. In Debian's package libarchive13 (libarchive13t64 from trixie on)."""
_OLDEST = 3_004_000
"""3.4 is the first to read RAR 5."""

_OK, _EOF, _WARN, _FAILED = 0, 1, -20, -25
_REGULAR = 0o100000
_FORMATS = {
    ArchiveKind.ZIP: ("zip",),
    ArchiveKind.SEVEN_ZIP: ("7zip",),
    ArchiveKind.RAR: ("rar", "rar5"),
    ArchiveKind.TAR: ("tar",),
    # What is packed by itself is either a tar or one file, which "raw" hands on as it is.
    ArchiveKind.COMPRESSED: ("tar", "raw"),
}
_FILTERS = ("gzip", "bzip2", "xz", "zstd")
_SIGNATURES: dict[str, tuple[tuple[type, ...], type | None]] = {
    "version_number": ((), c_int),
    "error_string": ((c_void_p,), c_char_p),
    "read_new": ((), c_void_p),
    "read_add_passphrase": ((c_void_p, c_char_p), c_int),
    "read_open_memory": ((c_void_p, c_char_p, c_size_t), c_int),
    "read_next_header": ((c_void_p, c_void_p), c_int),
    "read_data_block": ((c_void_p, c_void_p, c_void_p, c_void_p), c_int),
    "read_has_encrypted_entries": ((c_void_p,), c_int),
    "read_free": ((c_void_p,), c_int),
    "entry_pathname_utf8": ((c_void_p,), c_char_p),
    "entry_pathname": ((c_void_p,), c_char_p),
    "entry_filetype": ((c_void_p,), c_int),
    "entry_hardlink": ((c_void_p,), c_char_p),
    "entry_size": ((c_void_p,), c_int64),
    "entry_is_encrypted": ((c_void_p,), c_int),
    **{f"read_support_format_{name}": ((c_void_p,), c_int) for names in _FORMATS.values() for name in names},
    **{f"read_support_filter_{name}": ((c_void_p,), c_int) for name in _FILTERS},
}


class Entry(NamedTuple):
    """One file of an archive, as its header tells of it."""

    name: bytes | None
    """As far as it could be had, in UTF-8 for most. From a stranger: for nothing but showing it."""
    is_file: bool
    """A file with content of its own: no folder, link or device."""
    encrypted: bool

    def __repr__(self) -> str:
        return f"Entry(is_file={self.is_file}, encrypted={self.encrypted})"


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL | None:
    try:
        found = ctypes.CDLL(LIBRARY)
        for name, (arguments, result) in _SIGNATURES.items():
            function = getattr(found, f"archive_{name}")
            function.argtypes, function.restype = arguments, result
    except (OSError, AttributeError):
        return None
    return found if found.archive_version_number() >= _OLDEST else None


def is_available() -> bool:
    """Whether this machine has a libarchive that is new enough."""
    return _library() is not None


class Reader:
    """Reads one archive, forward, from memory. Close it, or use it in a `with` statement."""

    def __init__(self, data: bytes, kind: ArchiveKind, *, password: bytes | None = None) -> None:
        """Raises `ArchiveError`: `ARCHIVE_UNSUPPORTED` where libarchive is not to be had, or does not know the kind."""
        library = _library()
        if library is None or kind not in _FORMATS:
            raise ArchiveError(Reason.ARCHIVE_UNSUPPORTED)
        self._library = library
        self._data = data  # libarchive reads it where it is: it must outlive the reader
        self.warned = False
        """Whether bytes came with a warning: that a checksum is wrong, most often."""
        self._archive = library.archive_read_new()
        if not self._archive:
            raise MemoryError
        try:
            self._open(kind, password)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Idempotent."""
        if self._archive:
            self._library.archive_read_free(self._archive)
            self._archive = None

    def next_entry(self) -> Entry | None:
        """The next one, or None at the end. Raises `ArchiveError`."""
        entry = c_void_p()
        while True:
            code = self._library.archive_read_next_header(self._archive, ctypes.byref(entry))
            if code == _EOF:
                return None
            if code >= _WARN:
                break
            if code < _FAILED:
                raise ArchiveError(self._reason())
        name = self._library.archive_entry_pathname_utf8(entry) or self._library.archive_entry_pathname(entry)
        is_file = self._library.archive_entry_filetype(entry) == _REGULAR
        return Entry(
            name=name,
            # "raw" knows no file type; a hard link is a file with another one's content.
            is_file=is_file and not self._library.archive_entry_hardlink(entry),
            encrypted=self._library.archive_entry_is_encrypted(entry) == 1,
        )

    def block(self) -> bytes | None:
        """The next bytes of the current file, None at its end.

        Raises `MemberError` when only this file is at fault, `ArchiveError` when nothing after it can be read either.
        """
        at, size, offset = c_void_p(), c_size_t(), c_int64()
        code = self._library.archive_read_data_block(
            self._archive, ctypes.byref(at), ctypes.byref(size), ctypes.byref(offset)
        )
        if code == _EOF:
            return None
        if code < _FAILED:
            raise ArchiveError(self._reason())
        if code < _WARN:
            raise MemberError(self._reason())
        self.warned |= code < _OK
        return ctypes.string_at(at, size.value) if size.value else b""

    def _open(self, kind: ArchiveKind, password: bytes | None) -> None:
        library, archive = self._library, self._archive
        named = [f"format_{name}" for name in _FORMATS[kind]]
        if kind is ArchiveKind.COMPRESSED:
            named += [f"filter_{name}" for name in _FILTERS]
        for name in named:
            # A warning means that it would run another program for that. Without it, the archive is not recognised.
            if getattr(library, f"archive_read_support_{name}")(archive) != _OK:
                raise ArchiveError(Reason.ARCHIVE_UNSUPPORTED)
        if password:
            library.archive_read_add_passphrase(archive, password)
        if library.archive_read_open_memory(archive, self._data, len(self._data)) < _WARN:
            raise ArchiveError(self._reason())

    def _reason(self) -> Reason:
        told = (self._library.archive_error_string(self._archive) or b"").lower()
        for words, reason in _TOLD:
            if any(word in told for word in words):
                return reason
        return Reason.ARCHIVE_DAMAGED


_TOLD = (
    ((b"passphrase", b"encrypt"), Reason.ARCHIVE_LOCKED),
    ((b"allocate", b"memory"), Reason.DECODE_MEMORY),
    (
        (b"unsupported", b"not supported", b"unavailable", b"not implemented", b"unknown compression"),
        Reason.ARCHIVE_UNSUPPORTED,
    ),
)
"""What libarchive says, when all it has is words: its error numbers tell these apart from damage no better."""
