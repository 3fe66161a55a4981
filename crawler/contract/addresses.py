"""Where a picture was found, in clear and sealed. Only the frontier holds addresses in clear; all else is sealed."""

from typing import Annotated

import msgspec

from crawler.contract.struct import Record


class Address(Record, frozen=True, kw_only=True):
    """A picture's address and the way that led to it. Sealed before it leaves the crawler; its repr hides it."""

    url: str
    page_url: str | None = None
    """The page the picture was found on; None when the picture itself was the seed."""
    chain: tuple[str, ...] = ()
    """Every page from the seed to `page_url`, in order, redirect hops included."""
    path_inside: str | None = None
    """The picture's path inside an archive, if it was in one."""

    def __repr__(self) -> str:
        return "Address(hidden)"


SealedAddress = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{70,}={0,2}$", max_length=262_144)]
"""An `Address` as JSON in an X25519 sealed box (libsodium's crypto_box_seal), URL-safe base64.

48 bytes longer than what it holds; only the desk's secret key opens it.
"""

KeyedDigest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$")]
"""128 bits of keyed BLAKE2b in hex: equal for equal things, of no use without the digest key."""
