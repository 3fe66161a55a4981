"""Writing to Elasticsearch in bulk: every single item is answered for before this returns."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from elasticsearch import Elasticsearch

from matchers.contract.errors import StoreUnavailableError
from matchers.hits.elastic_calls import BUSY, Sleep, ask, kind_of, pauses, refusal

_REQUEST_BYTES: Final = 5_000_000
_REQUEST_WRITES: Final = 1_000
_CONFLICT: Final = 409


class Write(NamedTuple):
    """One action of a bulk request, `create` or `update`: its header and its body, as lines of JSON."""

    header: bytes
    body: bytes


def write_all(client: Elasticsearch, writes: Sequence[Write], *, attempts: int, sleep: Sleep) -> None:
    """Make all these writes, in order within a document; items that met a busy server are repeated.

    A `create` of what is there already has nothing to do. Raises `StoreUnavailableError` when some items were not
    written after so many attempts, `StoreRefusedError` when one was refused; repeating all of it is safe.
    """
    for part in _parts(writes):
        left = part
        for pause in [*pauses(attempts), None]:
            left = _write(client, left, attempts=attempts, sleep=sleep)
            if not left:
                break
            if pause is None:
                raise StoreUnavailableError(f"Elasticsearch is too busy: {len(left)} items were not written.")
            sleep(pause)


def _write(client: Elasticsearch, writes: Sequence[Write], *, attempts: int, sleep: Sleep) -> list[Write]:
    """One request; returns the writes to repeat."""
    lines = [line for write in writes for line in write]
    # As a parameter of the request: inside an action it would end up in the document. Without it a missing alias
    # would be made an index, with guessed mappings.
    request = partial(client.bulk, operations=lines, require_alias=True)  # type: ignore[arg-type]  # lines of bytes are passed on as they are
    answer = ask(request, attempts=attempts, sleep=sleep)
    items: list[Mapping[str, Any]] = answer["items"]  # Any: Elasticsearch's own JSON
    if len(items) != len(writes):
        raise StoreUnavailableError("Elasticsearch did not answer for every item.")
    return [write for write, item in zip(writes, items, strict=True) if not _done(item)]


def _done(item: Mapping[str, Any]) -> bool:
    """Whether the item needs no repetition. Raises `StoreRefusedError` when repeating would not help."""
    ((action, result),) = item.items()
    status = int(result["status"])
    if 200 <= status < 300 or (action == "create" and status == _CONFLICT):  # noqa: PLR2004 - HTTP's success
        return True
    if status in BUSY or status == _CONFLICT:
        return False
    raise refusal(status, kind_of(result))


def _parts(writes: Sequence[Write]) -> Iterator[list[Write]]:
    """The writes cut into requests of bounded size."""
    part: list[Write] = []
    size = 0
    for write in writes:
        more = len(write.header) + len(write.body) + 2
        if part and (size + more > _REQUEST_BYTES or len(part) == _REQUEST_WRITES):
            yield part
            part, size = [], 0
        part.append(write)
        size += more
    if part:
        yield part
