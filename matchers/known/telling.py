"""From the entries that a picture matches, and how they stand now, to the matches that are told. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from matchers.contract.order import best_first
from matchers.contract.records import Algorithm, HeldApart, Match, Meaning, Provenance
from matchers.known.asking import Place
from matchers.known.generations.values import BITS64

_SUPPORTING: Final = frozenset(BITS64)


def questioned(found: Iterable[tuple[int, Place]], entries: Mapping[int, Provenance]) -> frozenset[int]:
    """Entries of one picture that may hold one hash and do not mean the same: whoever tells must know whether they do.

    Equal hashes are found in the same way, so nothing else comes into question.
    """
    together: dict[tuple[Algorithm, Place], dict[int, Meaning]] = {}
    for number, place in found:
        entry = entries.get(number)
        if entry is not None and entry.withdrawn is None and entry.meaning is not None:
            together.setdefault((entry.algorithm, place), {})[number] = entry.meaning
    return frozenset(number for meanings in together.values() if len(set(meanings.values())) > 1 for number in meanings)


def told(
    found: Iterable[tuple[int, Place]], entries: Mapping[int, Provenance], alike: Mapping[int, int]
) -> tuple[Match, ...]:
    """The matches, best first, one for each algorithm of a list id; withdrawn entries are left out.

    What makes no hit of its own is held apart: matches of a flooding entry, of views of too low a quality, and of
    pHash and dHash unless the same picture has an exact or PDQ match that is not held apart. Where hashes of one list
    id are held apart and others are not, one that is not is told. `alike`: for what is `questioned`, a number that
    only entries with the same hash share.
    """
    standing = [(number, place, entries[number]) for number, place in found if number in entries]
    standing = [each for each in standing if each[2].withdrawn is None]
    supported = any(
        entry.algorithm not in _SUPPORTING and not entry.flooding and not place.weak for _, place, entry in standing
    )
    disputed = _disputed(standing, alike)
    matches = [
        _match(place, entry, supported=supported, disputed=number in disputed) for number, place, entry in standing
    ]
    best: dict[tuple[Algorithm, str, str], Match] = {}
    for match in sorted(matches, key=lambda each: (each.held_apart is not None, best_first(each))):
        best.setdefault((match.algorithm, match.list, match.list_id), match)
    return tuple(sorted(best.values(), key=best_first))


def _match(place: Place, entry: Provenance, *, supported: bool, disputed: bool) -> Match:
    held_apart: HeldApart | None = None
    # A flood last: once it is released, evidence held apart for it counts, and what is weak must not.
    if place.weak:
        held_apart = "low_quality"
    elif entry.algorithm in _SUPPORTING and not supported:
        held_apart = "support_only"
    elif entry.flooding:
        held_apart = "flood"
    return Match(
        algorithm=entry.algorithm,
        distance=place.distance,
        list=entry.list,
        list_id=entry.list_id,
        category=entry.category,
        source=entry.source,
        turned=place.turned,
        prepared=place.prepared,
        meaning=entry.meaning,
        list_version=entry.list_version,
        disputed=disputed,
        held_apart=held_apart,
    )


def _disputed(standing: Sequence[tuple[int, Place, Provenance]], alike: Mapping[int, int]) -> frozenset[int]:
    """Entries that hold the same hash as others which mean something else. No meaning contradicts none."""
    meanings: dict[int, set[Meaning]] = {}
    for number, _, entry in standing:
        if number in alike and entry.meaning is not None:
            meanings.setdefault(alike[number], set()).add(entry.meaning)
    return frozenset(number for number, first in alike.items() if len(meanings.get(first, ())) > 1)
