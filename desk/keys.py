"""Makes the keys: the desk's pair, whose public half seals at the crawlers, and those of digests and hashes at rest."""

import base64
import os
from pathlib import Path

from nacl.public import PrivateKey

from crawler.contract.config import read_secret
from crawler.contract.digesting import DIGEST_KEY_BYTES
from desk.errors import KeyFileError


def create_keys(*, secret: Path, public: Path, digest: Path, veil: Path) -> None:
    """Make all four, owner-readable only but for the public one. Raises `KeyFileError` rather than overwrite any.

    Whoever loses the secret key loses every address sealed with its public half.
    """
    for path in (secret, public, digest, veil):
        if path.exists():
            raise KeyFileError(f"{path} exists already. Move it away first if you really mean to make new keys.")
    pair = PrivateKey.generate()
    _write(secret, bytes(pair), mode=0o600)
    _write(public, bytes(pair.public_key), mode=0o644)
    _write(digest, os.urandom(DIGEST_KEY_BYTES), mode=0o600)
    create_veil_key(veil)


def create_veil_key(path: Path) -> None:
    """Make the key of hashes at rest. Raises `KeyFileError` rather than overwrite one.

    Whoever loses it can use neither the known set nor what was seen any more, and imports the lists anew.
    """
    if path.exists():
        raise KeyFileError(f"{path} exists already. The known set cannot be read with another key.")
    _write(path, os.urandom(DIGEST_KEY_BYTES), mode=0o600)


def read_secret_key(path: Path) -> bytes:
    """The desk's secret key, 32 bytes. Raises `ConfigError` or `KeyFileError`."""
    try:
        key = base64.b64decode(read_secret(path, "desk.secret_key_file"), validate=True)
    except ValueError:
        key = b""
    if len(key) != PrivateKey.SIZE:
        raise KeyFileError(f"{path} holds no X25519 secret key. See: zoeklicht keys create")
    return key


def _write(path: Path, key: bytes, *, mode: int) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(key) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    path.chmod(mode)
