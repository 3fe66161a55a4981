"""What has changed since a generation was built: small, in memory, and there within seconds of an import."""

from collections.abc import Mapping, Sequence

import numpy as np

from matchers.contract.records import Algorithm
from matchers.known.exact import Numbers
from matchers.known.generations.indexes import Indexes, indexed
from matchers.known.generations.values import ALGORITHMS, Values, gathered
from matchers.known.snapshot import KnownSnapshot


class Overlay:
    """Immutable: the next one is made beside it."""

    def __init__(
        self, snapshot: KnownSnapshot, values: Mapping[Algorithm, Values], indexes: Indexes, removed: Numbers
    ) -> None:
        self.version = snapshot.version
        self.mark = snapshot.mark(snapshot.version)
        """Tells the store's history up to this version from any other."""
        self.values = values
        self.indexes = indexes
        """Over `values`: what became active since the generation."""
        self.removed = removed
        """Sorted: what the generation holds and does not count any more, or is in `indexes` by now."""

    def __len__(self) -> int:
        """What weighs: entries added and entries masked."""
        return len(self.indexes) + len(self.removed)


def overlay_since(snapshot: KnownSnapshot, version: int, *, fingerprint: bytes) -> Overlay:
    """What changed between a generation's `version` (0: everything) and the snapshot's."""
    values = _changes(snapshot, version)
    removed = _sorted(snapshot.removed(version) if version else ())
    return Overlay(snapshot, values, indexed(values, fingerprint=fingerprint), removed)


def overlay_after(before: Overlay, snapshot: KnownSnapshot, *, fingerprint: bytes) -> Overlay:
    """The same as `overlay_since` the generation's version; only what changed since `before` is read."""
    gone = _sorted(snapshot.removed(before.version))
    changes = _changes(snapshot, before.version)
    if not len(gone) and not any(len(each.numbers) for each in changes.values()):
        return Overlay(snapshot, before.values, before.indexes, before.removed)
    values = {name: before.values[name].without(gone).and_also(changes[name]) for name in ALGORITHMS}
    return Overlay(snapshot, values, indexed(values, fingerprint=fingerprint), np.union1d(before.removed, gone))


def _changes(snapshot: KnownSnapshot, since: int) -> dict[Algorithm, Values]:
    return {name: gathered(snapshot.changes(since, name), name) for name in ALGORITHMS}


def _sorted(numbers: Sequence[int]) -> Numbers:
    return np.sort(np.asarray(numbers, dtype=np.int64))
