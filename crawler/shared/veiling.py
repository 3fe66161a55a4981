"""A veil over the shared store: whoever steals it learns neither what is remembered nor of what.

Names become keyed digests; values are encrypted and authenticated (XSalsa20-Poly1305, libsodium's secretbox) together
with the name they stand under, so that nobody can pass one entry off as another. Both keys come of the digest key.
"""

import hashlib
from collections.abc import Mapping, Sequence

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from crawler.contract.digesting import DIGEST_KEY_BYTES, keyed_digest
from crawler.contract.shared import SharedStore


class Veiled:
    """Entries of one purpose in a shared store. As thread-safe as the store, and raises what it raises."""

    def __init__(self, store: SharedStore, digest_key: bytes, purpose: str) -> None:
        """`purpose`: 1 to 16 ASCII characters; entries of one purpose are of no use to another.

        Raises `ValueError` for another purpose or a key that is not 32 bytes long.
        """
        if len(digest_key) != DIGEST_KEY_BYTES:
            raise ValueError(f"the digest key must be {DIGEST_KEY_BYTES} bytes long")
        self._store = store
        self._digest_key = digest_key
        self._purpose = purpose
        derived = hashlib.blake2b(b"", key=digest_key, digest_size=SecretBox.KEY_SIZE, person=b"shared store key")
        self._box = SecretBox(derived.digest())
        self._key("")  # raises for a purpose that is none

    def get(self, names: Sequence[str]) -> Sequence[bytes | None]:
        """What was put under each name; None also for what another key wrote, or somebody without one."""
        keys = [self._key(name) for name in names]
        return [
            None if found is None else self._unveiled(key, found)
            for key, found in zip(keys, self._store.get(keys), strict=True)
        ]

    def put(self, entries: Mapping[str, bytes], *, seconds: float) -> None:
        """Put entries for so long."""
        veiled: dict[str, bytes] = {}
        for name, value in entries.items():
            key = self._key(name)
            veiled[key] = bytes(self._box.encrypt(key.encode("ascii") + value))
        self._store.put(veiled, seconds=seconds)

    def forget(self, names: Sequence[str]) -> None:
        """Remove entries."""
        self._store.forget([self._key(name) for name in names])

    def _key(self, name: str) -> str:
        return f"{self._purpose}:{keyed_digest(self._digest_key, self._purpose, name)}"

    def _unveiled(self, key: str, found: bytes) -> bytes | None:
        try:
            opened = self._box.decrypt(found)
        except (CryptoError, ValueError):
            return None
        name = key.encode("ascii")
        return opened[len(name) :] if opened.startswith(name) else None
