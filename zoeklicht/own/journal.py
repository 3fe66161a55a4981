"""How far hashing a folder has come, so that it can go on after an interruption. Encrypted, like all hashes at rest."""

import base64
import hashlib
import os
from pathlib import Path
from typing import Self

import msgspec
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from crawler.contract.digesting import keyed_digest
from crawler.contract.struct import Record
from zoeklicht.own.folder import FoundFile
from zoeklicht.own.hashing import FileHashes


class _Line(Record, frozen=True, kw_only=True):
    file: str
    hashes: FileHashes


class Journal:
    """One folder's journal. A line a file, each sealed with a key that is derived from the veil's; used by one thread.

    A line cut off by a crash is passed over: its file is hashed again.
    """

    def __init__(self, path: Path, veil_key: bytes) -> None:
        self._path = path
        self._name_key = hashlib.blake2b(key=veil_key, digest_size=32, person=b"own file names").digest()
        self._box = SecretBox(hashlib.blake2b(key=veil_key, digest_size=32, person=b"own journal").digest())
        self._known: dict[str, FileHashes] = {}
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "r+b")
        self._read()

    def __len__(self) -> int:
        return len(self._known)

    def hashes_of(self, file: FoundFile) -> FileHashes | None:
        """What was found out about this very file before, or None."""
        return self._known.get(self._name(file))

    def keep(self, file: FoundFile, hashes: FileHashes) -> None:
        """Write it down. What was written before a crash of this process is there afterwards."""
        name = self._name(file)
        sealed = self._box.encrypt(msgspec.json.encode(_Line(file=name, hashes=hashes)))
        self._file.write(base64.b64encode(sealed) + b"\n")
        self._file.flush()
        self._known[name] = hashes

    def remove(self) -> None:
        """The folder is done: nothing of it stays here."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _read(self) -> None:
        line = b"\n"
        for line in self._file:
            try:
                opened = self._box.decrypt(base64.b64decode(line, validate=False))
                read = msgspec.json.decode(opened, type=_Line)
            except (ValueError, CryptoError, msgspec.MsgspecError):
                continue
            self._known[read.file] = read.hashes
        if not line.endswith(b"\n"):
            self._file.write(b"\n")  # cut off by a crash: what follows begins on a line of its own

    def _name(self, file: FoundFile) -> str:
        return keyed_digest(self._name_key, "own file", file.relative, str(file.size), str(file.changed))
