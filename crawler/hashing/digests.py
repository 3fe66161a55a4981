"""Exact digests of a picture's bytes: what most hash lists hold. Needs no decoding, so every picture has them."""

import hashlib

from crawler.contract.records import Digests


def digests_of(data: bytes) -> Digests:
    """MD5, SHA-1 and SHA-256 of the bytes as they were received; of no bytes too."""
    # The lists give MD5 and SHA-1; they identify here and protect nothing.
    return Digests(
        md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
        sha1=hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(data).hexdigest(),
    )
