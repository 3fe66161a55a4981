"""Scrapy's fingerprints, cut to 64 bits."""

from scrapy import Request
from scrapy.utils.request import RequestFingerprinter

from crawler.frontier.fingerprints import fingerprint


class Fixed:
    """A fingerprinter that a crawl could be configured with."""

    def __init__(self, found: bytes) -> None:
        self._found = found

    def fingerprint(self, request: Request) -> bytes:
        assert request.url == "https://a.example/"
        return self._found


def test_it_is_the_first_64_bits_signed_and_big_endian() -> None:
    request = Request("https://a.example/")
    assert fingerprint(request, Fixed(bytes.fromhex("0000000000000102ffff"))) == 258
    assert fingerprint(request, Fixed(b"\xff" * 20)) == -1
    assert fingerprint(request, Fixed(b"\x80" + b"\0" * 19)) == -(2**63)


def test_addresses_that_scrapy_takes_for_the_same_are_the_same() -> None:
    scrapys = RequestFingerprinter()
    first = fingerprint(Request("https://a.example/?b=1&a=2#part"), scrapys)
    assert first == fingerprint(Request("https://a.example/?a=2&b=1"), scrapys)
    assert first != fingerprint(Request("https://a.example/?a=2&b=2"), scrapys)
