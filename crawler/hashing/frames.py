"""Frames between the pool and its workers: four bytes of length, then as many bytes. Pipes know no messages."""

from typing import IO

_LENGTH = 4
LARGEST = 2**32 - 1


def header_of(payload: bytes) -> bytes:
    """What goes before the payload. Raises `ValueError` for 4 GiB and more."""
    if len(payload) > LARGEST:
        raise ValueError("A frame holds less than 4 GiB; lower the largest response that is fetched.")
    return len(payload).to_bytes(_LENGTH, "big")


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next payload of a blocking stream; None when it ended, between frames or in the midst of one."""
    header = stream.read(_LENGTH)
    if len(header) < _LENGTH:
        return None
    length = int.from_bytes(header, "big")
    payload = stream.read(length)
    return payload if len(payload) == length else None


def write_frame(stream: IO[bytes], payload: bytes) -> None:
    """Write one payload and flush."""
    stream.write(header_of(payload))
    stream.write(payload)
    stream.flush()


class FrameReader:
    """Puts frames together from pieces as they arrive."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, piece: bytes) -> bytes | None:
        """The payload, once it is whole. What follows it is kept for the next."""
        self._held += piece
        if len(self._held) < _LENGTH:
            return None
        end = _LENGTH + int.from_bytes(self._held[:_LENGTH], "big")
        if len(self._held) < end:
            return None
        payload = bytes(self._held[_LENGTH:end])
        del self._held[:end]
        return payload
