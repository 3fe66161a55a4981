"""Addresses are sealed before they leave the crawler: it holds the desk's public key and could not open one itself."""

import base64
import binascii
from pathlib import Path

import msgspec
from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox

from crawler.contract.addresses import Address
from crawler.contract.config import Table, read_secret
from crawler.contract.digesting import DIGEST_KEY_BYTES
from crawler.contract.errors import ConfigError


class KeysTable(Table, frozen=True, kw_only=True):
    """`[keys]`: where the keys lie. `zoeklicht keys create` makes them; embedded runs keep them in the state folder."""

    desk_public_file: Path | None = None
    """The desk's public key: seals, cannot open. Crawlers need it."""
    digest_key_file: Path | None = None
    """The key of all keyed digests. Crawlers and matchers need the same one."""

    veil_key_file: Path | None = None
    """The key that hashes are transformed with where they lie on disk. Matchers need it, crawlers do not."""

    def public_file(self, state: Path) -> Path:
        """Where the public key is."""
        return self.desk_public_file or state / "keys" / "desk.public"

    def digest_file(self, state: Path) -> Path:
        """Where the digest key is."""
        return self.digest_key_file or state / "keys" / "digest.key"

    def veil_file(self, state: Path) -> Path:
        """Where the key of the known set at rest is."""
        return self.veil_key_file or state / "keys" / "veil.key"


class Sealer:
    """Seals addresses for the desk."""

    def __init__(self, public_key: bytes) -> None:
        """`public_key`: 32 bytes, X25519. Raises `ConfigError` when it is no such key."""
        try:
            self._box = SealedBox(PublicKey(public_key))
        except (CryptoError, ValueError, TypeError):
            raise ConfigError("keys.desk_public_file holds no X25519 public key. See: zoeklicht keys create") from None

    def seal(self, address: Address) -> str:
        """The address as JSON in a sealed box, URL-safe base64. Sealing the same address twice gives two texts."""
        return base64.urlsafe_b64encode(self._box.encrypt(msgspec.json.encode(address))).decode("ascii")


def read_public_key(path: Path) -> bytes:
    """The desk's public key from its file. Raises `ConfigError`."""
    try:
        return base64.b64decode(path.read_text(encoding="ascii").strip(), validate=True)
    except OSError:
        raise ConfigError(f"keys.desk_public_file: {path} cannot be read. Run: zoeklicht keys create") from None
    except (binascii.Error, UnicodeDecodeError):
        raise ConfigError(f"keys.desk_public_file: {path} is not base64. Run: zoeklicht keys create") from None


def read_digest_key(path: Path) -> bytes:
    """The digest key from its file, 32 bytes. Raises `ConfigError`, also when others may read the file."""
    return _read_key(path, "keys.digest_key_file")


def read_veil_key(path: Path) -> bytes:
    """The key of the known set at rest, 32 bytes. Raises `ConfigError`, also when others may read the file."""
    return _read_key(path, "keys.veil_key_file")


def _read_key(path: Path, name: str) -> bytes:
    if not path.exists():
        raise ConfigError(f"{name}: {path} is not there. Run: zoeklicht keys create, or copy it from there")
    try:
        key = base64.b64decode(read_secret(path, name), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != DIGEST_KEY_BYTES:
        raise ConfigError(f"{name}: {path} holds no {DIGEST_KEY_BYTES}-byte key in base64.")
    return key
