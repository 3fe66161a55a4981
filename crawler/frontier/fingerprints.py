"""What makes two requests the same: Scrapy's own fingerprint, cut to what a Redis integer set holds."""

from scrapy import Request
from scrapy.utils.request import RequestFingerprinterProtocol

from crawler.contract.frontier import Fingerprint


def fingerprint(request: Request, fingerprinter: RequestFingerprinterProtocol) -> Fingerprint:
    """The first 64 bits of the request's fingerprint, signed, big-endian.

    `fingerprinter` is the one the crawl is configured with (`REQUEST_FINGERPRINTER_CLASS`). Among 10 million
    addresses two share their 64 bits with a chance of 1 in 370,000.
    """
    return int.from_bytes(fingerprinter.fingerprint(request)[:8], "big", signed=True)
