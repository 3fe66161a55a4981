"""A list in NCMEC's hash sharing, version 2: XML pages of at most 1,000 entries, asked for by windows of time.

What is known of its manners, from NCMEC's documentation (`usage-recommendations`) and the experience of the public
client (facebook/ThreatExchange, pull requests 1118 and 1731, issues 1679 and 1744):

- An entry shows once, in its latest state, under the time it last changed; one that was taken back shows as
  `deletedImage` or `deletedVideo`.
- Entries come in no order of time. A page's newest timestamp therefore says nothing about what is still to come: only a
  window read to its end is one that need not be read again.
- `paging/next` is good for the window it was made for and no other, and is not to be kept for long.

So time is cut into windows; the cursor moves on at the end of each, and in between remembers window and `next`.
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from crawler.contract.clock import Clock
from crawler.contract.records import UtcTime
from crawler.contract.struct import Record
from matchers.known.importers import Reading, read_ncmec
from matchers.known.remote.client import ListClient
from matchers.known.remote.cursors import read_cursor, written_cursor
from matchers.known.remote.errors import RemoteRefusedError
from matchers.known.remote.guard import PagingGuard
from matchers.known.remote.port import Page
from matchers.known.report import ImportRefusedError
from matchers.known.rows import Row

NEXT_IS_GOOD_FOR: Final = timedelta(hours=12)
"""Afterwards the window is begun again; nothing is lost by it but some requests."""

_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BEFORE_THE_SERVICE: Final = datetime(2010, 1, 1, tzinfo=UTC)
_WINDOW: Final = timedelta(days=30)
_ENTRIES: Final = "/v2/entries?"
_GONE: Final = frozenset({400, 404, 410})


class _Cursor(Record, frozen=True, kw_only=True):
    since: UtcTime
    """All before it has been read."""
    until: UtcTime | None = None
    """In the middle of a window: its end."""
    onward: str | None = None
    """In the middle of a window: `next` as the last page had it."""
    given_at: UtcTime | None = None


class NcmecList:
    """One environment of NCMEC's hash sharing, as a `RemoteList`. Its cursors are times, at most 12 h old places."""

    def __init__(
        self, client: ListClient, *, list_name: str, digest_key: bytes, overlap: timedelta, clock: Clock
    ) -> None:
        self._client = client
        self._name = list_name
        self._digest_key = digest_key
        self._overlap = overlap
        self._clock = clock

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """See `RemoteList`. Raises `RemoteRefusedError` also for a page that is not of this shape."""
        place = _Cursor(since=_BEGIN) if cursor is None else read_cursor(cursor, _Cursor, self._name)
        now = datetime.fromtimestamp(int(self._clock()), UTC)
        if place.until is not None and place.onward is not None and self._is_fresh(place):
            try:
                yield from self._window(place.since, place.until, now, onward=place.onward)
            except _ForgottenError:
                pass  # By the provider, for whatever reason: the window is begun again.
            else:
                place = _Cursor(since=place.until)
        since = place.since
        while since < now:
            until = min(max(since + _WINDOW, _BEFORE_THE_SERVICE), now)
            yield from self._window(since, until, now)
            since = until

    def _window(self, since: datetime, until: datetime, now: datetime, *, onward: str | None = None) -> Iterator[Page]:
        """A window's pages, from the first or from `onward`. The last one's cursor is the window's end."""
        guard = PagingGuard(self._name)
        resumed = onward is not None
        target = onward or _asked(max(_BEGIN, since - self._overlap), until)
        while True:
            try:
                body = self._client.get(target)
            except RemoteRefusedError as error:
                if resumed and error.status in _GONE:
                    raise _ForgottenError from None
                raise
            resumed = False
            onward, rows = self._read(body)
            if onward is None:
                yield Page(rows=rows, cursor=written_cursor(_Cursor(since=until)), last=until >= now)
                return
            guard.passed(onward, len(rows))
            given_at = datetime.fromtimestamp(int(self._clock()), UTC)
            there = _Cursor(since=since, until=until, onward=onward, given_at=given_at)
            yield Page(rows=rows, cursor=written_cursor(there), last=False)
            target = onward

    def _read(self, body: bytes) -> tuple[str | None, tuple[Row, ...]]:
        """Where the next page is, if there is one, and a page's rows."""
        reading = Reading()
        try:
            found = read_ncmec(io.BytesIO(body), list_name=self._name, digest_key=self._digest_key, reading=reading)
            rows = tuple(found)
        except ImportRefusedError:
            raise _no_page(self._name) from None
        if not reading.complete:
            raise _no_page(self._name)
        if reading.next_page is not None and not reading.next_page.startswith(_ENTRIES):
            raise RemoteRefusedError(
                f"{self._name}: the provider's next page is not among its entries. Tell the provider."
            )
        return reading.next_page, rows

    def _is_fresh(self, place: _Cursor) -> bool:
        age = timedelta(seconds=self._clock()) - ((place.given_at or _BEGIN) - _BEGIN)
        return timedelta(0) <= age <= NEXT_IS_GOOD_FOR


class _ForgottenError(Exception):
    """The provider does not know a `next` any more that it gave earlier."""


def _no_page(list_name: str) -> RemoteRefusedError:
    return RemoteRefusedError(
        f"{list_name}: the provider sent something that is no page of NCMEC's hash sharing v2. Check `kind` and `url`: "
        "`url` is the application's root, without /v2."
    )


def _asked(since: datetime, until: datetime) -> str:
    return _ENTRIES + urlencode({"from": _written(since), "to": _written(until)})


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
