"""The one error root of the crawler, and those of its errors that other houses may meet."""


class CrawlerError(Exception):
    """Anything the crawler raises on purpose. Its text says what to do next and holds no address or hash."""


class ConfigError(CrawlerError):
    """The configuration cannot be used; the text names file, place and remedy."""


class UnavailableError(CrawlerError):
    """A server does not answer (any more). Worth trying again later; nothing has been lost."""


class InvalidRecordError(CrawlerError):
    """A message is not a record of the version it claims to be. Never worth trying again."""


class LostClaimError(CrawlerError):
    """What was leased or assigned to this process has since been given to another."""
