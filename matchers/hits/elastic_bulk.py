"""Writing to Elasticsearch in bulk: every single item is answered for before this returns."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
from elasticsearch import Elasticsearch

from matchers.contract.errors import StoreUnavailableError
from matchers.hits.elastic_calls import BUSY, Sleep, ask, kind_of, pauses, refusal
from matchers.hits.elastic_reading import Kept

_REQUEST_BYTES: Final = 5_000_000
_REQUEST_WRITES: Final = 1_000
_CONFLICT: Final = 409


class Write(NamedTuple):
    """One action of a bulk request, `create` or `update`: the document's id, and header and body as lines of JSON."""

    id: str
    header: bytes
    body: bytes
    once: bool = False
    """A conflict is its answer: the document is there already, or has been changed since the guard was read."""


def create(index: str, id_: str, fields: Mapping[str, object]) -> Write:
    """A document, unless there is one of that id."""
    header = {"create": {"_index": index, "_id": id_}}
    return Write(id_, msgspec.json.encode(header), msgspec.json.encode(fields), once=True)


def guarded_update(index: str, before: Kept, fields: Mapping[str, object]) -> Write:
    """These fields, unless the document has been changed since it was read."""
    guard = {"if_seq_no": before.sequence_number, "if_primary_term": before.primary_term}
    header = {"update": {"_index": index, "_id": before.id, **guard}}
    return Write(before.id, msgspec.json.encode(header), msgspec.json.encode({"doc": fields}), once=True)


def write_all(client: Elasticsearch, writes: Sequence[Write], *, attempts: int, sleep: Sleep) -> list[Write]:
    """Make all these writes, in order within a document; items that met a busy server are repeated.

    Returns those that had nothing to do, because the document to be made is there already, or that changed nothing,
    because the one to be updated is no longer as it was: one that was repeated may be among them though it was made
    the first time. Raises `StoreUnavailableError` when some items were not written after so many attempts,
    `StoreRefusedError` when one was refused; repeating all of it is safe.
    """
    conflicts: list[Write] = []
    for part in _parts(writes):
        left = part
        for pause in [*pauses(attempts), None]:
            left = _write(client, left, conflicts, attempts=attempts, sleep=sleep)
            if not left:
                break
            if pause is None:
                raise StoreUnavailableError(f"Elasticsearch is too busy: {len(left)} items were not written.")
            sleep(pause)
    return conflicts


def _write(
    client: Elasticsearch, writes: Sequence[Write], conflicts: list[Write], *, attempts: int, sleep: Sleep
) -> list[Write]:
    """One request; returns the writes to repeat, and adds those with a conflict for an answer to `conflicts`."""
    lines = [line for write in writes for line in (write.header, write.body)]
    # As a parameter of the request: inside an action it would end up in the document. Without it a missing alias
    # would be made an index, with guessed mappings.
    request = partial(client.bulk, operations=lines, require_alias=True)  # type: ignore[arg-type]  # lines of bytes are passed on as they are
    answer = ask(request, attempts=attempts, sleep=sleep)
    items: list[Mapping[str, Any]] = answer["items"]  # Any: Elasticsearch's own JSON
    if len(items) != len(writes):
        raise StoreUnavailableError("Elasticsearch did not answer for every item.")
    again: list[Write] = []
    for write, item in zip(writes, items, strict=True):
        status = _status(item)
        if status == _CONFLICT and write.once:
            conflicts.append(write)
        elif status in BUSY or status == _CONFLICT:
            again.append(write)
    return again


def _status(item: Mapping[str, Any]) -> int:
    """Raises `StoreRefusedError` when it is one that repeating would not help."""
    (result,) = item.values()
    status = int(result["status"])
    if 200 <= status < 300 or status in BUSY or status == _CONFLICT:  # noqa: PLR2004 - HTTP's success
        return status
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
