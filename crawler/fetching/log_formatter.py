"""Scrapy's log lines quote requests, items and errors: here they say nothing. Counts stand in the frontier."""

from __future__ import annotations

import logging
from typing import Any

from scrapy.logformatter import LogFormatter, LogFormatterResult

# Any: the arguments are Scrapy's requests, responses, items and failures, none of which is looked at.


class SilentLogFormatter(LogFormatter):
    """Tells that something happened, never where or with what."""

    def crawled(self, *_: Any) -> LogFormatterResult | None:  # type: ignore[override]  # None means no line
        """Nothing: a line a request would be a directory."""
        return None

    def scraped(self, *_: Any) -> LogFormatterResult | None:  # type: ignore[override]  # None means no line
        """Nothing."""
        return None

    def dropped(self, *_: Any) -> LogFormatterResult:
        """That something was dropped."""
        return _line(logging.WARNING, "An item was dropped; its lease is given back.")

    def item_error(self, *_: Any) -> LogFormatterResult:
        """That a pipeline failed."""
        return _line(logging.ERROR, "A pipeline failed on an item; its lease is given back.")

    def spider_error(self, *_: Any) -> LogFormatterResult:
        """That a callback failed."""
        return _line(logging.ERROR, "A spider callback failed.")

    def download_error(self, *_: Any, **__: Any) -> LogFormatterResult:
        """That a download failed; its reason is counted."""
        return _line(logging.DEBUG, "A download failed.")


def _line(level: int, text: str) -> LogFormatterResult:
    return {"level": level, "msg": text, "args": ()}
