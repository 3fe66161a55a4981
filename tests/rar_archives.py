"""Writes RAR archives of stored files: the only program that packs them is not free, but the formats are told."""

import hashlib
import struct
import zlib
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_SALT = bytes(range(16))
_ROUNDS = 4


def rar5(files: Mapping[str, bytes], *, password: str | None = None) -> bytes:
    """RAR 5; with a password, the content of its files under AES-256, their names in clear."""
    parts = [b"Rar!\x1a\x07\x01\0", _block5(1, 0, b"\0")]
    for name, data in files.items():
        content, extra = (data, b"") if password is None else _locked5(data, password)
        header = _number(0x0004) + _number(len(data)) + _number(0o100644) + struct.pack("<L", zlib.crc32(data))
        header += _number(0) + _number(1) + _number(len(name.encode())) + name.encode()
        parts += [_block5(2, 2, header, data=len(content), extra=extra), content]
    return b"".join((*parts, _block5(5, 0, b"\0")))


def rar3(files: Mapping[str, bytes]) -> bytes:
    """RAR 3, or 4 as its window says."""
    parts = [b"Rar!\x1a\x07\0", _block3(0x73, 0, bytes(6))]
    for name, data in files.items():
        header = struct.pack("<LLBLLBBHL", len(data), len(data), 3, zlib.crc32(data), 0, 29, 0x30, len(name), 0o100644)
        parts += [_block3(0x74, 0x8000, header + name.encode()), data]
    return b"".join((*parts, _block3(0x7B, 0x4000, b"")))


def _locked5(data: bytes, password: str) -> tuple[bytes, bytes]:
    iv = bytes(16)
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), _SALT, 1 << _ROUNDS)
    checked = hashlib.pbkdf2_hmac("sha256", password.encode(), _SALT, (1 << _ROUNDS) + 32)
    check = bytes(checked[i] ^ checked[i + 8] ^ checked[i + 16] ^ checked[i + 24] for i in range(8))
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    content = encryptor.update(data + bytes(-len(data) % 16)) + encryptor.finalize()
    record = _number(1) + _number(0) + _number(1) + bytes([_ROUNDS]) + _SALT + iv
    record += check + hashlib.sha256(check).digest()[:4]
    return content, _number(len(record)) + record


def _block5(kind: int, flags: int, fields: bytes, *, data: int | None = None, extra: bytes = b"") -> bytes:
    content = _number(kind) + _number(flags | bool(extra))
    content += (_number(len(extra)) if extra else b"") + (_number(data) if data is not None else b"") + fields + extra
    counted = _number(len(content)) + content
    return struct.pack("<L", zlib.crc32(counted)) + counted


def _block3(kind: int, flags: int, content: bytes) -> bytes:
    rest = struct.pack("<BHH", kind, flags, 7 + len(content)) + content
    return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest


def _number(value: int) -> bytes:
    groups: Sequence[int] = [value >> shift & 0x7F for shift in range(0, max(1, value.bit_length()), 7)]
    return bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])
