"""Reading from Elasticsearch: searches that are whole or fail, page by page, and documents by their ids."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from elasticsearch import AuthorizationException, Elasticsearch

from matchers.contract.errors import StoreUnavailableError
from matchers.hits.elastic_calls import Sleep, ask

PAGE: Final = 1_000
_REFRESHED_BY_ITSELF_SECONDS: Final = 2.0
"""Twice the refresh interval of our templates."""

# Any: Elasticsearch's own JSON.
Document = Mapping[str, Any]

T = TypeVar("T")


class Kept(NamedTuple):
    """A document, and where it is in its history: what an update that must not overlook another's is guarded by."""

    id: str
    source: Document
    sequence_number: int
    primary_term: int


class Reading:
    """Thread-safe. `names` gives the alias of each kind. Its calls raise as `ask` does."""

    def __init__(self, client: Elasticsearch, names: Mapping[str, str], *, attempts: int, sleep: Sleep) -> None:
        self._client = client
        self._names = names
        self._attempts = attempts
        self._sleep = sleep

    def ask(self, request: Callable[[], T]) -> T:
        """The answer to a request that is safe to repeat."""
        return ask(request, attempts=self._attempts, sleep=self._sleep)

    def refresh(self, *kinds: str) -> bool:
        """Make what was stored until now visible to searches. False: our user lacks the right, and searches will see
        it within a second.
        """

        def refresh() -> bool:
            try:
                self._client.indices.refresh(index=[self._names[kind] for kind in kinds])
            except AuthorizationException:
                return False
            return True

        return self.ask(refresh)

    def settle(self, kind: str) -> None:
        """As `refresh`; without the right to it, wait until it has happened by itself."""
        if not self.refresh(kind):
            self._sleep(_REFRESHED_BY_ITSELF_SECONDS)

    def search(self, **query: Any) -> Document:
        """The answer to a search, whole. Any: the parameters of Elasticsearch's own search."""
        answer = self.ask(partial(self._client.search, track_total_hits=False, **query))
        if answer["timed_out"] or answer["_shards"]["failed"]:
            raise StoreUnavailableError("Elasticsearch answered a search in part only. Ask again later.")
        body: Document = answer.body
        return body

    def pages(self, kind: str | None, *, size: int = PAGE, **query: Any) -> Iterator[list[Document]]:
        """The found documents, page after page; `sort` must end in something of their own that never changes.

        So each that is there all the time is told once, without a point in time. Any: as in `search`.
        """
        place = {} if kind is None else {"index": self._names[kind]}
        after: dict[str, object] = {}
        while page := self.search(size=size, **place, **query, **after)["hits"]["hits"]:
            yield page
            after = {"search_after": page[-1]["sort"]}

    def documents(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, Kept]:
        """Those fields of the documents that are there, as they are at this moment, refreshed or not."""
        found: dict[str, Kept] = {}
        for begin in range(0, len(ids), PAGE):
            request = partial(
                self._client.mget,
                index=self._names[kind],
                ids=list(ids[begin : begin + PAGE]),
                source_includes=list(fields),
            )
            for each in self.ask(request)["docs"]:
                if "error" in each:
                    raise StoreUnavailableError("Elasticsearch could not read a document. Ask again later.")
                if each["found"]:
                    found[each["_id"]] = kept(each)
        return found


def kept(found: Document) -> Kept:
    """A document as an answer of Elasticsearch tells it."""
    return Kept(found["_id"], found.get("_source", {}), found["_seq_no"], found["_primary_term"])
