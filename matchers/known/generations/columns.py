"""Arrays in a file that is written once and then only mapped: how digests and 64-bit hashes lie on disk.

The file: 8 bytes of magic, the header's length (little-endian, 64 bits), BLAKE2b-256 of all that follows, the header
(JSON), and the arrays, each beginning at a multiple of 64 bytes. The header says of what kind the file is, which
version of the set it holds, for which veil, and where each array lies. Hashes in it are veiled.
"""

import hashlib
import mmap
import struct
from collections.abc import Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
import numpy.typing as npt

from matchers.known.exact import Columns
from matchers.known.generations.damage import DamagedGenerationError
from matchers.known.generations.durable import durable_file

_MAGIC: Final = b"ZLCOLS\x00\x01"
_HEAD: Final = struct.Struct("<8sQ32s")
_ALIGNED: Final = 64
_LONGEST_HEADER: Final = 1 << 16
_READ_AT_ONCE: Final = 1 << 22


class _Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    dtype: Annotated[str, msgspec.Meta(pattern=r"^<[iu][48]$")]
    shape: tuple[Annotated[int, msgspec.Meta(ge=0, lt=1 << 48)], ...]
    start: Annotated[int, msgspec.Meta(ge=0)]
    """Bytes after the header's end, rounded up."""


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    version: int
    fingerprint: str
    columns: tuple[_Column, ...]


def write_columns(path: Path, columns: Columns, *, kind: str, version: int, fingerprint: bytes) -> None:
    """Write a new file; it is on disk when this returns. Raises `OSError`; what was written then is of no use."""
    described, start = [], 0
    arrays = {name: _portable(array) for name, array in columns.items()}
    for name, array in arrays.items():
        described.append(_Column(name=name, dtype=array.dtype.str, shape=array.shape, start=start))
        start = _rounded(start + array.nbytes)
    header = msgspec.json.encode(
        _Header(kind=kind, version=version, fingerprint=fingerprint.hex(), columns=tuple(described))
    )
    checksum = hashlib.blake2b(digest_size=32)
    for part in _parts(header, arrays):
        checksum.update(part)
    with durable_file(path) as file:
        file.write(_HEAD.pack(_MAGIC, len(header), checksum.digest()))
        for part in _parts(header, arrays):
            file.write(part)


def open_columns(path: Path, *, kind: str, version: int, fingerprint: bytes) -> Columns:
    """The file's arrays, mapped: they take memory only where they are read, shared by all processes that map it.

    Every byte is checked first, with a bounded buffer. The mapping goes when the last array does. Raises
    `DamagedGenerationError` for a file that is damaged or is not the one that was asked for, `OSError` where it cannot
    be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            raise DamagedGenerationError(f"{path.name} is cut short")
        magic, length, checksum = _HEAD.unpack(head)
        if magic != _MAGIC or length > _LONGEST_HEADER:
            raise DamagedGenerationError(f"{path.name} is no file of this format")
        if _checksum(file) != checksum:
            raise DamagedGenerationError(f"{path.name} is damaged: its checksum is wrong")
        file.seek(_HEAD.size)
        try:
            header = msgspec.json.decode(file.read(length), type=_Header)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise DamagedGenerationError(f"{path.name} has no readable header") from None
        if (header.kind, header.version, header.fingerprint) != (kind, version, fingerprint.hex()):
            raise DamagedGenerationError(f"{path.name} belongs to another set, version or veil key")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    begin = _rounded(_HEAD.size + length)
    return {column.name: _array(mapped, begin, column, path.name) for column in header.columns}


def _array(mapped: mmap.mmap, begin: int, column: _Column, name: str) -> npt.NDArray[np.generic]:
    dtype, count = np.dtype(column.dtype), 1
    for each in column.shape:
        count *= each
    if begin + column.start + count * dtype.itemsize > len(mapped):
        raise DamagedGenerationError(f"{name} is cut short")
    if count == 0:
        return np.empty(column.shape, dtype=dtype)
    return np.frombuffer(mapped, dtype=dtype, count=count, offset=begin + column.start).reshape(column.shape)


def _parts(header: bytes, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Iterator[bytes | memoryview]:
    """All that follows the checksum, in order."""
    yield header
    yield bytes(_rounded(_HEAD.size + len(header)) - _HEAD.size - len(header))
    for array in arrays.values():
        if array.nbytes:
            yield array.reshape(-1).view(np.uint8).data
        yield bytes(_rounded(array.nbytes) - array.nbytes)


def _checksum(file: BufferedReader) -> bytes:
    """Of all that is left of it."""
    checksum = hashlib.blake2b(digest_size=32)
    buffer = bytearray(_READ_AT_ONCE)
    while size := file.readinto(buffer):
        checksum.update(memoryview(buffer)[:size])
    return checksum.digest()


def _portable(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))


def _rounded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED
