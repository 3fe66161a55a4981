"""Entries for tests of the known set's store, and what it holds of them."""

from datetime import datetime

from matchers.contract.records import Algorithm, KnownEntry
from matchers.known import KnownStore
from matchers.known.schema import CODES
from tests.pictures_seen import hash_of


def value_of(name: str, algorithm: Algorithm = "md5") -> str:
    """A hash of the algorithm's length, in hex."""
    match algorithm:
        case "pdq":
            return hash_of(f"looks of {name}")
        case "phash" | "dhash":
            return hash_of(f"looks of {name}")[:16]
        case _:
            return hash_of(name, algorithm)


def entry(
    name: str,
    *,
    algorithm: Algorithm = "md5",
    list_name: str = "a list",
    list_id: str | None = None,
    category: str | None = None,
    source: str | None = None,
    dated: datetime | None = None,
) -> KnownEntry:
    return KnownEntry(
        algorithm=algorithm,
        value=value_of(name, algorithm),
        list=list_name,
        list_id=list_id or name,
        category=category,
        source=source,
        dated=dated,
    )


def numbers(store: KnownStore) -> list[int]:
    """All that are active."""
    with store.snapshot() as snapshot:
        return sorted(one for algorithm in CODES for some, _ in snapshot.values(algorithm) for one in some)


def held(store: KnownStore) -> dict[str, str | None]:
    """List id and category of all that are active."""
    return {found.list_id: found.category for found in store.entries(numbers(store)).values()}


def number_of(store: KnownStore, list_id: str, list_name: str = "a list") -> int:
    (one,) = store.show(list_name, list_id)
    return one.number
