"""RAR archives under a password: decrypted here and written anew, in memory, as ones without, which libarchive reads.

rarfile reads their headers and makes the keys. It would leave unpacking to other programs, through files, so that is
left to libarchive. RAR 5 encrypts with AES-256, RAR 3 with AES-128, each file for itself, in CBC mode (RAR's technote).
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

import rarfile
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from crawler.contract.reasons import Reason
from crawler.unpacking.errors import ArchiveError

_FIVE, _THREE = b"Rar!\x1a\x07\x01\0", b"Rar!\x1a\x07\0"
_STORED = 0x30
_SPLIT = rarfile.RAR_FILE_SPLIT_BEFORE | rarfile.RAR_FILE_SPLIT_AFTER
_KEPT_OF_THREE = rarfile.RAR_FILE_SOLID | rarfile.RAR_FILE_DICTMASK
_LONG_BLOCK = 0x8000
_AES_BLOCK = 16
_MOST_ROUNDS = 19
"""Powers of two. WinRAR takes 15; each one more doubles the seconds that a stranger makes us compute."""
_SUMMED_BY_KEY = 2
_LAST_BLOCK = 0x40
_TRIPPED = (rarfile.Error, ValueError, IndexError, struct.error, OverflowError)
"""What rarfile raises for headers that strangers made."""


def is_locked(data: bytes) -> bool:
    """Whether its headers or any of its files are encrypted. False, too, for what cannot be read at all."""
    try:
        return bool(_parsed(data, None).needs_password())
    except _TRIPPED:
        return False


def unlocked(data: bytes, password: str) -> tuple[bytes, bool] | None:
    """The same files without encryption, and whether they are all: what other volumes hold parts of is left out.

    None when the password is wrong, as far as can be known before anything is unpacked. Raises `ArchiveError`.
    """
    try:
        archive = _parsed(data, password)
        if not archive.files:
            return None
        whole = [info for info in archive.files if not info.flags & _SPLIT]
        rewritten = _Five(data, password) if data.startswith(_FIVE) else _Three(data, password)
        return b"".join(rewritten.parts(whole, solid=archive.is_solid())), len(whole) == len(archive.files)
    except (_WrongPasswordError, *_TRIPPED):  # under a wrong password headers are nonsense
        return None


# rarfile ships no types. Its parsers are used without its front: that unpacks comments, by other programs and files.


class _Files:
    """Remembers files and nothing else."""

    files: list[rarfile.RarInfo]

    def process_entry(self, fd: object, item: rarfile.RarInfo) -> None:  # noqa: ARG002  # rarfile's signature
        if item.type == rarfile.RAR_BLOCK_FILE and item.is_file():
            self.files.append(item)


class _ParserOfFive(_Files, rarfile.RAR5Parser):  # type: ignore[misc]  # untyped base
    pass


class _ParserOfThree(_Files, rarfile.RAR3Parser):  # type: ignore[misc]  # untyped base
    pass


def _parsed(data: bytes, password: str | None) -> _ParserOfFive | _ParserOfThree:
    kind = _ParserOfFive if data.startswith(_FIVE) else _ParserOfThree
    parser = kind(
        BytesIO(data),
        password,
        crc_check=True,
        charset="windows-1252",
        strict=False,
        info_cb=None,
        sfx_offset=0,
        part_only=True,
    )
    parser.files = []
    parser.parse()
    return parser


class _WrongPasswordError(Exception):
    pass


class _Five:
    """Writes RAR 5."""

    def __init__(self, data: bytes, password: str) -> None:
        self._data = data
        self._password = password
        self._keys: dict[tuple[bytes, int], bytes] = {}

    def parts(self, files: list[rarfile.RarInfo], *, solid: bool) -> Iterator[bytes]:
        yield _FIVE
        yield _headed_five(_number(1) + _number(0) + _number(4 if solid else 0))
        for file in files:
            yield from self._file(file)
        yield _headed_five(_number(5) + _number(0) + _number(0))

    def _file(self, file: rarfile.RarInfo) -> Iterator[bytes]:
        content = _content(self._data, file)
        flags = file.file_flags & (rarfile.RAR5_FILE_FLAG_HAS_CRC32 | rarfile.RAR5_FILE_FLAG_UNKNOWN_SIZE)
        if file.needs_password():
            _, how, rounds, salt, iv, check = file.file_encryption
            key = self._key(salt, rounds, check)
            content = _decrypted(content, key, iv)
            if how & _SUMMED_BY_KEY and check:
                flags &= ~rarfile.RAR5_FILE_FLAG_HAS_CRC32  # it is mixed with the key; the check has told already
            if file.compress_type != _STORED:
                content = content[: _end_of_blocks(content)]
        content = _unpadded(content, file)
        name = file.orig_filename
        header = [
            *(_number(each) for each in (2, 2, len(content), flags, file.file_size, 0o100644)),
            struct.pack("<L", file.CRC) if flags & rarfile.RAR5_FILE_FLAG_HAS_CRC32 else b"",
            *(_number(each) for each in (file.file_compress_flags, 1, len(name))),
            name,
        ]
        yield _headed_five(b"".join(header))
        yield content

    def _key(self, salt: bytes, rounds: int, check: bytes | None) -> bytes:
        if rounds > _MOST_ROUNDS:
            raise ArchiveError(Reason.ARCHIVE_UNSUPPORTED)
        key = self._keys.get((salt, rounds))
        if key is None:
            if check and not _is_right(check, rarfile.rar5_s2k(self._password, salt, (1 << rounds) + 32)):
                raise _WrongPasswordError
            key = self._keys[salt, rounds] = rarfile.rar5_s2k(self._password, salt, 1 << rounds)
        return key


class _Three:
    """Writes RAR 3."""

    def __init__(self, data: bytes, password: str) -> None:
        self._data = data
        self._password = password
        self._keys: dict[bytes, tuple[bytes, bytes]] = {}

    def parts(self, files: list[rarfile.RarInfo], *, solid: bool) -> Iterator[bytes]:
        yield _THREE
        yield _headed_three(0x73, rarfile.RAR_MAIN_SOLID if solid else 0, bytes(6))
        for file in files:
            yield from self._file(file)
        yield _headed_three(0x7B, 0x4000, b"")

    def _file(self, file: rarfile.RarInfo) -> Iterator[bytes]:
        content = _content(self._data, file)
        if file.needs_password():
            if not file.salt:
                raise ArchiveError(Reason.ARCHIVE_UNSUPPORTED)  # RAR 2 and before, with ciphers of its own
            if file.salt not in self._keys:
                self._keys[file.salt] = rarfile.rar3_s2k(self._password, file.salt)
            content = _decrypted(content, *self._keys[file.salt])
        content = _unpadded(content, file)
        name = file.filename.encode("utf-8", "replace")
        sizes = [len(content) & 0xFFFFFFFF, file.file_size & 0xFFFFFFFF]
        fields = struct.pack("<LBLLBBHL", sizes[1], 3, file.CRC, 0, 29, file.compress_type, len(name), 0o100644)
        flags = _LONG_BLOCK | rarfile.RAR_FILE_UNICODE | (file.flags & _KEPT_OF_THREE)
        yield _headed_three(0x74, flags, struct.pack("<L", sizes[0]) + fields + name)
        yield content


def _content(data: bytes, file: rarfile.RarInfo) -> bytes:
    content = data[file.data_offset : file.data_offset + file.compress_size]
    if len(content) != file.compress_size:
        raise ArchiveError(Reason.ARCHIVE_DAMAGED)
    return content


def _decrypted(content: bytes, key: bytes, iv: bytes) -> bytes:
    whole = len(content) - len(content) % _AES_BLOCK
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return decryptor.update(content[:whole]) + decryptor.finalize()


def _unpadded(content: bytes, file: rarfile.RarInfo) -> bytes:
    return content[: file.file_size] if file.compress_type == _STORED else content


def _end_of_blocks(content: bytes) -> int:
    """Where the last block of a file's packed bytes ends: libarchive would take what is behind it for another one."""
    at = 0
    while at + 3 <= len(content):
        flags = content[at]
        length_bytes = (flags >> 3 & 3) + 1
        length = int.from_bytes(content[at + 2 : at + 2 + length_bytes], "little")
        at += 2 + length_bytes + length
        if flags & _LAST_BLOCK:
            return min(at, len(content))
    return len(content)


def _is_right(check: bytes, key: bytes) -> bool:
    """By the check value of RAR 5: the key of more rounds folded to 8 bytes, and 4 bytes that guard it themselves."""
    told, guard = check[:8], check[8:12]
    if hashlib.sha256(told).digest()[:4] != guard:
        return True
    folded = bytes(key[i] ^ key[i + 8] ^ key[i + 16] ^ key[i + 24] for i in range(8))
    return folded == told


def _number(value: int) -> bytes:
    """RAR 5's numbers: seven bits a byte, lowest first."""
    written = bytearray()
    while value > 0x7F:  # noqa: PLR2004
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*written, value))


def _headed_five(content: bytes) -> bytes:
    counted = _number(len(content)) + content
    return struct.pack("<L", zlib.crc32(counted)) + counted


def _headed_three(kind: int, flags: int, content: bytes) -> bytes:
    rest = struct.pack("<BHH", kind, flags, 7 + len(content)) + content
    return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest
