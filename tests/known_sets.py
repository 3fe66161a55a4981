"""Known sets for tests: lists registered and approved by two people, entries imported without ceremony."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final, get_args

from crawler.contract.clock import Clock
from matchers.contract.records import KnownEntry, Meaning
from matchers.known.limits import Limits
from matchers.known.people import Person
from matchers.known.registration import Registration, Sense
from matchers.known.report import ImportReport
from matchers.known.store import KnownStore
from matchers.known.two_hands import import_by_two
from matchers.veil import VEIL_KEY_BYTES, Veil

TEST_VEIL: Final = Veil(bytes(range(VEIL_KEY_BYTES)))
FIRST: Final = Person(name="First Person", account="first")
SECOND: Final = Person(name="Second Person", account="second")
UNLIMITED: Final = Limits(small_list=0, most_changed=float("inf"), bulk_retraction=1_000_000_000, unsigned_by_one=True)
"""Nothing but a registration and a whole list's retraction takes two people."""


def known_store(
    path: Path,
    entries: Iterable[KnownEntry] = (),
    *,
    clock: Clock = lambda: 1_000_000.0,
    veil: Veil = TEST_VEIL,
    limits: Limits = UNLIMITED,
) -> KnownStore:
    """A known set with these entries, each in the list that it names. The caller closes it."""
    store = KnownStore(path, clock, veil, limits)
    add(store, entries)
    return store


def add(store: KnownStore, entries: Iterable[KnownEntry], *, file: str = "test") -> list[ImportReport]:
    """Import these, one import a list, by name; lists and categories that are new are registered."""
    by_list: defaultdict[str, list[KnownEntry]] = defaultdict(list)
    for entry in entries:
        by_list[entry.list].append(entry)
    registered = {count.list: count.registration for count in store.counts()}
    return [
        import_by_two(
            store, _registration(registered.get(name), name, some), some, file=file, first=FIRST, second=SECOND
        )
        for name, some in sorted(by_list.items())
    ]


def registration(name: str, categories: dict[str, Sense] | None = None) -> Registration:
    """A provider's list."""
    return Registration(
        name=name, source="a hotline", regime="csam", contact="list@hotline.example", categories=categories
    )


def _registration(before: Registration | None, name: str, entries: Iterable[KnownEntry]) -> Registration:
    """One that maps the categories of these: those that are called like a meaning to it, all others to illegal."""
    found = {entry.category or "" for entry in entries}
    mapped = dict(before.categories or {}) if before else {}
    if found - {""} or mapped:
        mapped |= {category: _sense(category) for category in found if category not in mapped}
    if before is not None and (before.categories or {}) == mapped:
        return before
    return registration(name, mapped or None)


def _sense(category: str) -> Sense:
    for meaning in get_args(Meaning):
        if category == meaning:
            return category  # type: ignore[return-value]  # one of Meaning's
    return "illegal"
