"""Unpacks a list that is gzipped (RFC 1952), while it is read."""

import gzip
import io
import zlib
from typing import BinaryIO, Final

from matchers.known.report import ImportRefusedError

MAGIC: Final = b"\x1f\x8b"
MOST_EXPANSION: Final = 200
"""Hashes shrink to half, JSON around them to a twentieth; beyond this it is no list but a bomb."""
FREE_BYTES: Final = 16 * 1024 * 1024
"""So much may come out whatever goes in: a short run of alike rows packs far better than a list."""


def unpacked(stream: BinaryIO) -> io.BufferedReader:
    """What the gzipped stream holds; reading it raises `ImportRefusedError` when it is damaged or swells too much."""
    return io.BufferedReader(_Unpacked(stream), 65_536)


class _Counted:
    """Counts what is read of a stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.count += len(data)
        return data


class _Unpacked(io.RawIOBase):
    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._packed = _Counted(stream)
        # GzipFile asks its file for nothing but `read` when it reads forward.
        self._file = gzip.GzipFile(fileobj=self._packed, mode="rb")  # type: ignore[call-overload]
        self._count = 0

    def readable(self) -> bool:
        return True

    # typeshed's type is no public name; a buffer is what io.RawIOBase.readinto takes.
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data: bytes = self._file.read1(len(buffer))
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise ImportRefusedError(
                "The file is gzipped and damaged or cut short, so nothing was imported. Fetch it again."
            ) from None
        self._count += len(data)
        if self._count > FREE_BYTES + MOST_EXPANSION * self._packed.count:
            raise ImportRefusedError(
                f"The gzipped file swells to more than {MOST_EXPANSION} times its size, which no list does, so nothing "
                "was imported. Is it the right file?"
            )
        buffer[: len(data)] = data
        return len(data)
