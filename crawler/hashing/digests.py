"""Exact digests of a picture's bytes: what most hash lists hold. Needs no decoding, so every picture has them."""

import hashlib

from crawler.contract.records import Digests


class Digester:
    """MD5, SHA-1 and SHA-256 of bytes as they come by: of videos, which are never held."""

    def __init__(self) -> None:
        # The lists give MD5 and SHA-1; they identify here and protect nothing.
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self.size = 0
        """Bytes that came by."""

    def feed(self, data: bytes) -> None:
        """The next bytes."""
        self.size += len(data)
        for digest in (self._md5, self._sha1, self._sha256):
            digest.update(data)

    def digests(self) -> Digests:
        """Of all bytes so far."""
        return Digests(md5=self._md5.hexdigest(), sha1=self._sha1.hexdigest(), sha256=self._sha256.hexdigest())


def digests_of(data: bytes) -> Digests:
    """MD5, SHA-1 and SHA-256 of the bytes as they were received; of no bytes too."""
    digester = Digester()
    digester.feed(data)
    return digester.digests()
