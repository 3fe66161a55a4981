"""7z archives under a password, by py7zr: libarchive reads all the others, and says which they are.

py7zr's own way of extracting refuses names that would lead out of a folder. There is no folder here, and an archive
with one such name would hide the others, so files are asked for by their number.
"""

from collections.abc import Sequence
from io import BytesIO

import py7zr
from py7zr.exceptions import DecompressionBombError
from py7zr.io import MemIO, Py7zIO, WriterFactory

from crawler.contract.reasons import Reason
from crawler.unpacking.errors import ArchiveError
from crawler.unpacking.kinds import ArchiveKind
from crawler.unpacking.libarchive import Reader
from crawler.unpacking.names import printable
from crawler.unpacking.visitor import Visitor

_TRIED_BYTES = 64 * 2**20


def is_locked(data: bytes) -> bool:
    """Whether its headers or any of its files are encrypted."""
    try:
        with Reader(data, ArchiveKind.SEVEN_ZIP) as reader:
            while (entry := reader.next_entry()) is not None:
                if entry.encrypted:
                    return True
    except ArchiveError as error:
        return error.reason is Reason.ARCHIVE_LOCKED
    return False


def show(data: bytes, visitor: Visitor, passwords: Sequence[str]) -> None:
    """Show its files to the visitor, with the first password that fits. Raises `ArchiveError`."""
    for password in passwords:
        if _fits(data, password):
            shows = _Shows(visitor)
            try:
                _read(data, password, shows)
            except Exception as error:
                if shows.error is not None:
                    raise shows.error from None
                if shows.within:
                    visitor.end(Reason.ARCHIVE_DAMAGED)
                if isinstance(error, MemoryError):
                    raise
                raise ArchiveError(Reason.ARCHIVE_DAMAGED) from None
            return
    raise ArchiveError(Reason.ARCHIVE_LOCKED)


def _fits(data: bytes, password: str) -> bool:
    """Whether the first file that holds anything comes out right: its checksum is the only thing to tell by."""
    try:
        with py7zr.SevenZipFile(BytesIO(data), password=password) as archive:
            for file in archive.files:
                if not file.emptystream:
                    archive.worker.register_filelike(file.id, MemIO("", _Nowhere()))
                    archive.worker.max_extract_size = _TRIED_BYTES
                    archive.worker.extract(archive.fp, None, parallel=False)
                    break
    except DecompressionBombError:
        return True
    except MemoryError:
        raise
    # A wrong password decrypts to nonsense, of which decoders say whatever they like.
    except Exception:  # noqa: BLE001
        return False
    return True


def _read(data: bytes, password: str, shows: "_Shows") -> None:
    with py7zr.SevenZipFile(BytesIO(data), password=password) as archive:
        for file in archive.files:
            if not (file.emptystream or file.is_directory or file.is_symlink or file.is_junction):
                shows.names[str(file.id)] = file.filename
                archive.worker.register_filelike(file.id, MemIO(str(file.id), shows))
        archive.worker.extract(archive.fp, None, parallel=False)


class _Nowhere(WriterFactory):
    def create(self, filename: str) -> Py7zIO:  # noqa: ARG002  # py7zr's signature
        return _Sink(None)


class _Shows(WriterFactory):
    """Passes on what py7zr writes, and remembers what the visitor raised: py7zr's errors look the same."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.names: dict[str, str] = {}
        self.error: BaseException | None = None
        self.within = False
        """Whether a file was begun and not ended."""

    def create(self, filename: str) -> Py7zIO:
        return _Sink(self, printable(self.names[filename]))


class _Sink(Py7zIO):
    def __init__(self, shows: _Shows | None, name: str = "") -> None:
        self._shows = shows
        self._size = 0
        self._call("begin", name)

    def write(self, s: bytes | bytearray) -> int:
        self._size += len(s)
        self._call("block", bytes(s))
        return len(s)

    def close(self) -> None:
        self._call("end", None)

    def size(self) -> int:
        return self._size

    def read(self, size: int | None = None) -> bytes:  # noqa: ARG002  # py7zr's signature
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002  # py7zr's signature
        return 0

    def flush(self) -> None:
        return

    def _call(self, what: str, argument: object) -> None:
        if self._shows is None or self._shows.error is not None:
            return
        try:
            self._shows.within = what != "end"
            getattr(self._shows.visitor, what)(argument)
        except BaseException as error:
            self._shows.error = error
            raise
