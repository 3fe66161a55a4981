"""What any process may say in its log: no address, no hash, no bytes, whoever's code speaks.

Redaction happens to the finished line, tracebacks included, since a filter on loggers would miss other people's
loggers and a filter on arguments would miss exceptions.
"""

import logging
import re
import sys
from typing import TextIO

_ADDRESS = re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s'\"<>)\]}]+")
_HEX = re.compile(r"\b[0-9a-fA-F]{16,}\b")
_BYTES = re.compile(r"\bb(['\"]).*?\1")
_REPEATING = frozenset({"elastic_transport"})
"""Warns of each attempt; we say ourselves, once a round, that a server is away."""
_QUIET = frozenset("PIL asyncio elastic_transport elasticsearch kafka py scrapy twisted urllib3".split())


def redacted(text: str) -> str:
    """The text without addresses, long hexadecimal numbers and byte literals."""
    text = _ADDRESS.sub("<address>", text)
    text = _HEX.sub("<hash>", text)
    return _BYTES.sub("<bytes>", text)


class RedactingFormatter(logging.Formatter):
    """One line an event; nothing in it that a log must not hold."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        return redacted(super().format(record))


def configure(*, verbose: bool = False, stream: TextIO | None = None) -> None:
    """Send this process's log to `stream` (stderr when None), redacted. Libraries are heard from warnings up."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(_worth_hearing)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.captureWarnings(capture=True)


def _worth_hearing(record: logging.LogRecord) -> bool:
    """Libraries are heard from warnings up. Asked of each record, since some set their loggers' levels themselves."""
    library = record.name.partition(".")[0]
    if library in _REPEATING:
        return record.levelno >= logging.ERROR
    return record.levelno >= logging.WARNING or library not in _QUIET
