"""Changes in their order, so laid out that each entry's last word is at hand."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from matchers.contract.records import Algorithm, Restated

_Covered = tuple[str, str | None, Algorithm | None]


class Changes:
    """What a sequence of changes adds up to: each says wholly how an entry stands, so the last about it counts."""

    def __init__(self, changes: Iterable[Restated]) -> None:
        self._last: dict[_Covered, tuple[int, Restated]] = {}
        for number, change in enumerate(changes):
            covered = (change.list, change.list_id, change.algorithm)
            before = self._last.get(covered)
            if before is None or not stale(change, before[1].version, before[1].at):
                self._last[covered] = number, change

    def of(self, of_list: str, list_id: str, algorithm: Algorithm) -> Restated | None:
        """How this entry stands after all of them; None when none is about it."""
        keys: tuple[_Covered, ...] = (
            (of_list, list_id, algorithm),
            (of_list, list_id, None),
            (of_list, None, algorithm),
            (of_list, None, None),
        )
        last: Restated | None = None
        for _, change in sorted((self._last[key] for key in keys if key in self._last), key=lambda one: one[0]):
            if last is None or not stale(change, last.version, last.at):
                last = change
        return last

    def entries(self) -> Iterator[tuple[str, list[str] | None]]:
        """Each list they are about, with the ids of the entries in it; None: with all its entries."""
        ids: dict[str, set[str] | None] = {}
        for of_list, list_id, _ in self._last:
            so_far = ids.setdefault(of_list, set())
            if list_id is None:
                ids[of_list] = None
            elif so_far is not None:
                so_far.add(list_id)
        for of_list, found in ids.items():
            yield of_list, None if found is None else sorted(found)


def stale(change: Restated, version: int, at: datetime) -> bool:
    """Whether it comes too late: it is older, in both ways, than the one of this version and time.

    Either alone will not do: a known set made anew counts its versions from 1 again, and two machines' clocks differ.
    """
    return change.version < version and change.at < at
