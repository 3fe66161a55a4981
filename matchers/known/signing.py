"""Whether a list's file is the one its provider signed."""

import mmap
from io import UnsupportedOperation
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from matchers.known.report import ImportRefusedError


def check_signature(content: BinaryIO | None, signature: bytes | None, key: bytes, *, list_name: str) -> None:
    """Whether `signature` (Ed25519, RFC 8032, 64 bytes, over the whole file) is the provider's.

    Leaves `content` at its beginning, for the importer that reads from the same open file. A file on disk is mapped,
    so that it may be larger than memory. Raises `ImportRefusedError`.
    """
    if content is None or signature is None:
        raise ImportRefusedError(
            f"The provider of {list_name} signs its files: name the file of the signature, too. Nothing was imported."
        )
    verifier = Ed25519PublicKey.from_public_bytes(key)
    try:
        content.seek(0)
        try:
            with mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                verifier.verify(signature, mapped)  # type: ignore[arg-type]  # takes any buffer; its stub says bytes
        except (UnsupportedOperation, ValueError):
            verifier.verify(signature, content.read())
    except InvalidSignature:
        raise ImportRefusedError(
            f"The signature does not fit the file and the key that {list_name} is registered with, so nothing was "
            "imported. Fetch both again; if it stays so, ask the list's contact."
        ) from None
    content.seek(0)
