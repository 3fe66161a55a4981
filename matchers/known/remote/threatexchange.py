"""A list served as JSON pages with `hashRecords`, `hasMoreRecords`, `nextPageToken` and `nextSetTimestamp`.

The shape is that of facebook/ThreatExchange's `exchanges/clients/stopncii` (whose own list, one of adults, is refused
here). A record shows in its latest state. `startTimestamp` asks for what has changed since; a token is good for that
question only and not for long; `nextSetTimestamp` on the last page is what to ask with the next time.
"""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

import msgspec

from crawler.contract.clock import Clock
from crawler.contract.struct import Record
from matchers.known.importers import read_threatexchange
from matchers.known.remote.client import ListClient
from matchers.known.remote.cursors import read_cursor, written_cursor
from matchers.known.remote.errors import RemoteRefusedError
from matchers.known.remote.guard import PagingGuard
from matchers.known.remote.port import Page
from matchers.known.report import ImportRefusedError
from matchers.known.rows import Row

TOKEN_IS_GOOD_FOR: Final = timedelta(hours=1)
"""Afterwards the question is asked again from its beginning."""

_FIRST: Final = 10
"""As the public client begins: 0 may be taken for "not given"."""
_MILLISECONDS_FROM: Final = 10**11
_GONE: Final = frozenset({400, 404, 410})


class _Cursor(Record, frozen=True, kw_only=True):
    since: int
    """Everything that changed before it has been read. In the provider's unit, seconds or milliseconds."""
    token: str | None = None
    begun_at: float = 0.0
    """When the question was asked first, by our clock."""
    given_at: float = 0.0
    """When the token was given."""


class _Head(msgspec.Struct, frozen=True):
    """What is not a record on a page. Other members are passed over."""

    hashRecords: msgspec.Raw  # noqa: N815 -- the provider's name
    hasMoreRecords: bool  # noqa: N815 -- likewise
    nextPageToken: str | None = None  # noqa: N815 -- likewise
    nextSetTimestamp: int | None = None  # noqa: N815 -- likewise


class ThreatExchangeList:
    """One address that answers in this shape, as a `RemoteList`."""

    def __init__(
        self,
        client: ListClient,
        *,
        list_name: str,
        digest_key: bytes,
        overlap: timedelta,
        page_size: int,
        clock: Clock,
    ) -> None:
        self._client = client
        self._name = list_name
        self._digest_key = digest_key
        self._overlap = overlap
        self._page_size = page_size
        self._clock = clock

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """See `RemoteList`. Raises `RemoteRefusedError` also for a page that is not of this shape."""
        place = _Cursor(since=_FIRST) if cursor is None else read_cursor(cursor, _Cursor, self._name)
        resumed = place.token is not None and 0 <= self._clock() - place.given_at <= TOKEN_IS_GOOD_FOR.total_seconds()
        if not resumed:
            place = _Cursor(since=place.since, begun_at=self._clock())
        guard = PagingGuard(self._name)
        while True:
            try:
                body = self._client.get(self._asked(place))
            except RemoteRefusedError as error:
                if not resumed or error.status not in _GONE:
                    raise
                # The token is not known any more: the same question from its beginning.
                resumed, place = False, _Cursor(since=place.since, begun_at=self._clock())
                continue
            resumed = False
            head = _head(body, self._name)
            rows = self._rows(body)
            if not head.hasMoreRecords:
                yield Page(rows=rows, cursor=written_cursor(self._after(place, head.nextSetTimestamp)), last=True)
                return
            if not head.nextPageToken:
                raise RemoteRefusedError(
                    f"{self._name}: the provider says that there are more records, but not where. Tell the provider."
                )
            guard.passed(head.nextPageToken, len(rows))
            place = msgspec.structs.replace(place, token=head.nextPageToken, given_at=self._clock())
            yield Page(rows=rows, cursor=written_cursor(place), last=False)

    def _rows(self, body: bytes) -> tuple[Row, ...]:
        try:
            return tuple(read_threatexchange(io.BytesIO(body), list_name=self._name, digest_key=self._digest_key))
        except ImportRefusedError as error:
            raise RemoteRefusedError(f"{self._name}: {error}") from None

    def _asked(self, place: _Cursor) -> str:
        unit = _unit(place.since)
        since = max(_FIRST, place.since - int(self._overlap.total_seconds()) * unit)
        query = {"startTimestamp": str(since), "pageSize": str(self._page_size)}
        return "?" + urlencode(query | ({} if place.token is None else {"nextPageToken": place.token}))

    def _after(self, place: _Cursor, next_set: int | None) -> _Cursor:
        """Where the next fetch begins: as the provider says, but never after the time this one began."""
        unit = _unit(place.since if next_set is None else next_set)
        begun = int(place.begun_at) * unit
        return _Cursor(since=begun if next_set is None else max(0, min(next_set, begun)))


def _unit(timestamp: int) -> int:
    """How many of the provider's ticks make a second."""
    return 1000 if timestamp >= _MILLISECONDS_FROM else 1


def _head(body: bytes, list_name: str) -> _Head:
    try:
        head = msgspec.json.decode(body, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError):
        head = None
    if head is None or not bytes(head.hashRecords).lstrip().startswith(b"["):
        raise RemoteRefusedError(
            f"{list_name}: the provider sent something that is no page of this shape. Check `kind` and `url`."
        )
    return head
