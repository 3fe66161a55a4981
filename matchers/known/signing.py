"""Whether a list's file is the one its provider signed, and is still that one when it has been read."""

import mmap
import os
from io import UnsupportedOperation
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from matchers.known.report import ImportRefusedError


def state_of(content: BinaryIO | None) -> tuple[int, int, int] | None:
    """What changes when a file on disk is written to; None for what is no file on disk.

    Taken before the signature is checked and again after the rows have been read (`check_untouched`).
    """
    try:
        status = os.fstat(content.fileno()) if content is not None else None
    except UnsupportedOperation:
        return None
    return status and (status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def check_untouched(content: BinaryIO | None, before: tuple[int, int, int] | None, *, list_name: str) -> None:
    """Raises `ImportRefusedError` when the file was written to since: what was read need not be what was signed."""
    if state_of(content) != before:
        raise ImportRefusedError(
            f"The file of {list_name} was changed while it was read, so nothing was imported. Import it again when "
            "nothing writes to it any more."
        )


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
