"""An archive's files, shown to a visitor. libarchive reads them; what is locked is unlocked first, in memory."""

from collections.abc import Iterator, Sequence

from crawler.contract.reasons import Reason
from crawler.unpacking import locked_rar, locked_seven_zip
from crawler.unpacking.errors import ArchiveError, LimitError, MemberError
from crawler.unpacking.kinds import ArchiveKind
from crawler.unpacking.libarchive import Entry, Reader
from crawler.unpacking.names import printable
from crawler.unpacking.visitor import Visitor

_TRIED_BYTES = 64 * 2**20
"""So much of a locked file must come out right for a password to be taken as the right one."""


def unpack(data: bytes, kind: ArchiveKind, visitor: Visitor, *, passwords: Sequence[str] = ()) -> None:
    """Show every file of the archive to the visitor, in order. Links, devices and folders are not shown.

    Raises `ArchiveError` when the archive cannot be read or not any further; what was shown before stands. Writes no
    file and starts no process. Memory: what the format's window takes (some GB for a hostile one: limit the process).
    """
    if kind is ArchiveKind.SEVEN_ZIP and locked_seven_zip.is_locked(data):
        locked_seven_zip.show(data, visitor, passwords)
    elif kind is ArchiveKind.RAR and locked_rar.is_locked(data):
        unlocked, whole = _unlocked_rar(data, passwords)
        _show(unlocked, kind, visitor)
        if not whole:
            raise ArchiveError(Reason.ARCHIVE_DAMAGED)
    elif kind is ArchiveKind.ZIP:
        _show(data, kind, visitor, password=_zip_password(data, passwords))
    else:
        _show(data, kind, visitor)


def _show(data: bytes, kind: ArchiveKind, visitor: Visitor, *, password: bytes | None = None) -> None:
    with Reader(data, kind, password=password) as reader:
        while (entry := reader.next_entry()) is not None:
            if not entry.is_file:
                continue
            visitor.begin(printable(entry.name))
            visitor.end(_shown(reader, visitor, skips=kind is ArchiveKind.ZIP))


def _shown(reader: Reader, visitor: Visitor, *, skips: bool) -> Reason | None:
    """Show one file's bytes. One that is not wanted and cannot be skipped is read on all the same: it counts."""
    try:
        while (block := reader.block()) is not None:
            if not visitor.block(block) and skips:
                return None
    except MemberError as error:
        return error.reason
    except ArchiveError as error:
        if not isinstance(error, LimitError):
            visitor.end(error.reason)
        raise
    return None


def _zip_password(data: bytes, passwords: Sequence[str]) -> bytes | None:
    """The first password that a locked file can be read with; None when nothing is locked or none fits."""
    if not passwords or not _holds_locked(data):
        return None
    return next((each for each in _spelled(passwords) if _fits(data, ArchiveKind.ZIP, each)), None)


def _holds_locked(zipped: bytes) -> bool:
    with Reader(zipped, ArchiveKind.ZIP) as reader:
        try:
            return any(entry.encrypted for entry in _entries(reader))
        except ArchiveError:
            return False  # cut short, and open as far as it goes


def _unlocked_rar(data: bytes, passwords: Sequence[str]) -> tuple[bytes, bool]:
    for password in passwords:
        unlocked = locked_rar.unlocked(data, password)
        if unlocked is not None and _fits(unlocked[0], ArchiveKind.RAR, None):
            return unlocked
    raise ArchiveError(Reason.ARCHIVE_LOCKED)


def _fits(data: bytes, kind: ArchiveKind, password: bytes | None) -> bool:
    """Whether the first file that holds anything (of a ZIP: that is locked) comes out right."""
    left = _TRIED_BYTES
    with Reader(data, kind, password=password) as reader:
        try:
            for entry in _entries(reader):
                if not entry.is_file or not (entry.encrypted or password is None):
                    continue
                before = left
                while left > 0 and (block := reader.block()) is not None:
                    left -= len(block)
                if left < before:
                    return not reader.warned
        except (MemberError, ArchiveError):
            return False
    return False


def _entries(reader: Reader) -> Iterator[Entry]:
    while (entry := reader.next_entry()) is not None:
        yield entry


def _spelled(passwords: Sequence[str]) -> Iterator[bytes]:
    """Each password as today's programs write it, and as old ones for Windows did."""
    for password in passwords:
        yield (modern := password.encode("utf-8", "surrogatepass"))
        if (old := password.encode("cp1252", "ignore")) != modern:
            yield old
