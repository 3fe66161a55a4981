"""What can go wrong in hashing that is not a picture's fault."""

from crawler.contract.errors import CrawlerError


class HashingUnavailableError(CrawlerError):
    """No hashing process could be started. The picture has not been judged; it must be fetched again."""


class HashingQueueFullError(CrawlerError):
    """More pictures were handed over than may wait. The picture has not been judged."""


class HashingClosedError(CrawlerError):
    """The pool was closed before the picture was hashed. The picture has not been judged."""
