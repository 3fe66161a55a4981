"""The file of a near index: one format, which both implementations write byte for byte alike and read.

All numbers are little-endian. It begins with a header of 512 bytes:

| at  | bytes | what                                                                                       |
|-----|-------|--------------------------------------------------------------------------------------------|
| 0   | 8     | `ZKLNEAR` and a line feed                                                                  |
| 8   | 4     | version of the format: 1                                                                   |
| 12  | 4     | the largest distance it answers, in bits                                                   |
| 16  | 16    | name of the algorithm, ASCII, filled up with zeros: `pdq`                                  |
| 32  | 16    | order: the fingerprint of the veil that the codes went through                             |
| 48  | 8     | count of entries, at most 2^32 - 1                                                         |
| 56  | 4     | count of tables: 16, or 0 where there are so few entries that all are compared             |
| 60  | 4     | count of sections: 5                                                                       |
| 64  | 5x24  | of each section its offset (8), its length in bytes (8), its CRC-32 (4), and zero (4)      |
| 184 | 324   | zero                                                                                       |
| 508 | 4     | CRC-32 of all that stands before                                                           |

The sections follow, each beginning at a multiple of 64 bytes with zeros between; a section's checksum covers the zeros
after it, so that there is no byte without one. With n entries and T tables they are

1. offsets, T x 65,537 of 4 bytes: bucket b of table t holds the positions `offsets[t, b]` to `offsets[t, b + 1]`;
2. following, T x n of 2 bytes: at each position of table t its entry's chunk t + 1 (the last one's next is the first);
3. places, T x n of 4 bytes: at each position which entry it is; places ascend within a bucket;
4. codes, n x 32 bytes: chunk c of an entry is bytes 2c and 2c + 1, little-endian;
5. numbers, n of 8 bytes, signed: the entries' numbers.

The layout follows from the counts alone, so a reader works it out anew and accepts no other. Opening checks the
header, the size and that the offsets ascend; `verify_near_index` checks every byte.
"""

import os
import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from matchers.contract.errors import StoreRefusedError
from matchers.known.near.index import CODE_BYTES, ORDER_BYTES
from matchers.known.near.plan import BUCKETS, CHUNKS, MAX_DISTANCE

ALGORITHM: Final = "pdq"
MAGIC: Final = b"ZKLNEAR\n"
VERSION: Final = 1
HEADER_BYTES: Final = 512
FEWEST_INDEXED: Final = 256
"""With fewer entries there are no tables: comparing with every one is as fast."""
MOST_ENTRIES: Final = (1 << 32) - 1

_ALIGNED: Final = 64
_START: Final = struct.Struct("<8sII16s16sQII")
_SECTION: Final = struct.Struct("<QQII")
_READ_AT_ONCE: Final = 1 << 22


class Section(NamedTuple):
    """Where a part of the file lies, in bytes."""

    offset: int
    length: int

    @property
    def end(self) -> int:
        """Where the next one begins: the length rounded up to 64."""
        return self.offset + -(-self.length // _ALIGNED) * _ALIGNED


class Header(NamedTuple):
    """What a file says of itself, with the layout that follows from it."""

    distance: int
    order: bytes
    entries: int
    checksums: tuple[int, ...]

    @property
    def tables(self) -> int:
        """16, or 0 where all entries are compared."""
        return CHUNKS if self.entries >= FEWEST_INDEXED else 0

    @property
    def sections(self) -> tuple[Section, ...]:
        """Offsets, following, places, codes, numbers."""
        found, at = [], HEADER_BYTES
        for length in (
            self.tables * (BUCKETS + 1) * 4,
            self.tables * self.entries * 2,
            self.tables * self.entries * 4,
            self.entries * CODE_BYTES,
            self.entries * 8,
        ):
            found.append(Section(at, length))
            at = found[-1].end
        return tuple(found)

    @property
    def file_bytes(self) -> int:
        """Of the whole file."""
        return self.sections[-1].end

    def packed(self) -> bytes:
        """The 512 bytes of it."""
        start = _START.pack(
            MAGIC,
            VERSION,
            self.distance,
            ALGORITHM.encode("ascii"),
            self.order,
            self.entries,
            self.tables,
            len(self.sections),
        )
        each = zip(self.sections, self.checksums, strict=True)
        sections = b"".join(_SECTION.pack(section.offset, section.length, crc, 0) for section, crc in each)
        filled = (start + sections).ljust(HEADER_BYTES - 4, b"\0")
        return filled + zlib.crc32(filled).to_bytes(4, "little")


def read_header(path: Path, order: bytes | None) -> Header:
    """A file's header, checked against its size and, unless it is None, the order expected.

    Raises `StoreRefusedError` for a file that is missing, cannot be read, is damaged or foreign, or of another
    version or order.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(HEADER_BYTES)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise refused(path, f"it cannot be read ({error.strerror})") from None
    header = _unpacked(path, raw)
    if order is not None and header.order != order:
        raise StoreRefusedError(
            f"{path}: this index was made with another veil key. Give the process the key it was made with, or remove "
            "the file and let it be built anew."
        )
    if size != header.file_bytes:
        raise refused(path, f"it has {size} bytes instead of {header.file_bytes}")
    return header


def verify_near_index(path: Path, *, order: bytes) -> None:
    """Check every byte of a file; takes a second or so a gigabyte. Raises `StoreRefusedError` as opening it does."""
    header = read_header(path, order)
    try:
        with path.open("rb") as file:
            for section, expected in zip(header.sections, header.checksums, strict=True):
                file.seek(section.offset)
                left, crc = section.end - section.offset, 0
                while left:
                    some = file.read(min(left, _READ_AT_ONCE))
                    if not some:
                        break
                    crc, left = zlib.crc32(some, crc), left - len(some)
                if left or crc != expected:
                    raise refused(path, "a checksum does not fit")
    except OSError as error:
        raise refused(path, f"it cannot be read ({error.strerror})") from None


def refused(path: Path, reason: str) -> StoreRefusedError:
    """What to say of a file that cannot be used."""
    return StoreRefusedError(f"{path}: not a usable near index: {reason}. Remove the file and let it be built anew.")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """An empty file beside `path`, readable by its owner only, that takes its place once all is written and durable.

    When the block raises, the file goes and `path` stays as it was.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(descriptor)
    part = Path(name)
    try:
        yield part
        _make_durable(part)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _make_durable(path.parent)


def _make_durable(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unpacked(path: Path, raw: bytes) -> Header:
    if len(raw) < HEADER_BYTES or raw[: len(MAGIC)] != MAGIC:
        raise refused(path, "it is something else, or only its beginning")
    _, version, distance, algorithm, order, count, _, _ = _START.unpack_from(raw)
    if version != VERSION:
        raise refused(path, f"it is of format {version}, and this release reads {VERSION}")
    if zlib.crc32(raw[:-4]) != int.from_bytes(raw[-4:], "little"):
        raise refused(path, "its header is damaged")
    if algorithm != ALGORITHM.encode("ascii").ljust(ORDER_BYTES, b"\0"):
        raise refused(path, f"it holds other hashes than {ALGORITHM}")
    checksums = tuple(_SECTION.unpack_from(raw, _START.size + at * _SECTION.size)[2] for at in range(5))
    header = Header(distance, order, count, checksums)
    # Whatever else the header says follows from these, so that writing it anew must give the same bytes.
    if distance > MAX_DISTANCE or count > MOST_ENTRIES or header.packed() != raw:
        raise refused(path, "its header contradicts itself")
    return header
