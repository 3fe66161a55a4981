"""Looks at the beginning of a stream that cannot be wound back, and joins it to the rest."""

import io
from typing import BinaryIO, Final

HEAD_BYTES: Final = 65_536
"""Enough to tell a format by."""


def peek(stream: BinaryIO) -> tuple[bytes, io.BufferedReader]:
    """The first `HEAD_BYTES` (or all, if there are fewer), and a stream of everything, these included.

    The stream given is not closed with the one returned.
    """
    head = bytearray()
    while len(head) < HEAD_BYTES and (more := stream.read(HEAD_BYTES - len(head))):
        head += more
    return bytes(head), io.BufferedReader(_Joined(bytes(head), stream), HEAD_BYTES)


class _Joined(io.RawIOBase):
    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    # typeshed's type is no public name; a buffer is what io.RawIOBase.readinto takes.
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._head:
            data, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            data = self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
