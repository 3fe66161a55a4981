"""The Lua scripts, and targets and completions as they read them. lua/layout.lua has the keys."""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from typing import Literal

import msgspec

from crawler.contract.frontier import Again, Completion, FoundKind, Outcome, PassedOver, Target
from crawler.frontier import entries
from crawler.frontier.configuration import FrontierTable
from crawler.frontier.counting import beside

Word = str | bytes | int | float
Name = Literal[
    "add",
    "lease",
    "complete",
    "release",
    "renew",
    "reap",
    "defer_host",
    "settle",
    "begin_round",
    "open_report",
    "schedule_revisits",
    "list_passed",
]

_QUEUE = ("counting", "queueing")
_PARTS: Mapping[Name, tuple[str, ...]] = {
    "add": (*_QUEUE, "accepting"),
    "lease": (*_QUEUE, "hosts"),
    "complete": (*_QUEUE, "hosts", "ending", "accepting", "listing"),
    "release": (*_QUEUE, "hosts", "ending"),
    "renew": (),
    "reap": (*_QUEUE, "hosts", "ending"),
    "defer_host": (),
    "settle": ("hosts",),
    "begin_round": (*_QUEUE, "accepting"),
    "open_report": (),
    "schedule_revisits": (*_QUEUE, "accepting"),
    "list_passed": ("listing",),
}

AT_ONCE = 1_000
"""Targets in one script call: some ten milliseconds in which Redis serves nobody else."""
_BUCKETS = 65_536
"""At 512 fingerprints in a bucket (Redis's own default for packed sets) they hold 33 million at 8 to 9 bytes each."""


class Item(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of a target that came of a report, beside its fate."""

    fingerprint: int
    sealed_address: str | None
    host: str
    kind: FoundKind


_encode_item = msgspec.msgpack.Encoder().encode
_encode_record = msgspec.msgpack.Encoder().encode


def sources(table: FrontierTable) -> Mapping[Name, str]:
    """Each script's text, with what it needs in front."""
    settings = f"local ADDRESS_GAP, LISTED_PER_REASON = {table.address_gap_seconds!r}, {table.listed_per_reason}\n"
    return {name: settings + "".join(map(_text, ("layout", *parts, name))) for name, parts in _PARTS.items()}


class Sending:
    """Targets on their way to one script call. What many of them have in common is said once, in front."""

    def __init__(self) -> None:
        self._contexts: dict[tuple[str, str, str], int] = {}
        self.sent: list[Target] = []
        """In order: the scripts tell by their place which of them were refused."""

    def targets(self, targets: Sequence[Target]) -> Iterator[Word]:
        """How many, and each, as `accept` in lua/accepting.lua reads them."""
        self.sent += targets
        yield len(targets)
        contexts = self._contexts
        for target in targets:
            yield contexts.setdefault((target.site, target.kind, target.report_id or ""), len(contexts) + 1)
            yield target.host
            yield target.fingerprint % _BUCKETS
            yield target.fingerprint
            yield int(target.force)
            yield target.not_before or 0.0
            yield entries.encode(target)
            if target.report_id:
                yield _item(target)

    def completions(self, completions: Sequence[Completion]) -> Iterator[Word]:
        """Each as lua/complete.lua reads it."""
        for each in completions:
            yield each.lease_id
            yield from _outcome(each.outcome)
            yield len(each.passed)
            yield from passed_over(each.passed)
            yield from _again(each.again)
            yield from self.targets(each.children)

    def after(self, words: Iterable[Word]) -> list[Word]:
        """The words with the contexts that they speak of in front."""
        said = list(words)
        return [len(self._contexts), *(word for context in self._contexts for word in context), *said]


def passed_over(passed: Iterable[PassedOver]) -> Iterator[Word]:
    """Each as lua/listing.lua reads it."""
    for each in passed:
        yield from (f"{each.site}/{each.reason}", each.digest, each.at, _encode_record(each))


def batches(completions: Sequence[Completion]) -> Iterator[Sequence[Completion]]:
    """As many at a time as one script call should take."""
    batch: list[Completion] = []
    size = 0
    for completion in completions:
        weight = len(completion.children) + len(completion.passed)
        if batch and size + weight >= AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(completion)
        size += 1 + weight
    if batch:
        yield batch


def _text(name: str) -> str:
    return resources.files(__package__).joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")


def _outcome(outcome: Outcome) -> Iterator[Word]:
    yield from (outcome.kind, outcome.reason or "", outcome.found or "")
    if not (outcome.links or outcome.inside):
        yield 0
        return
    counts = list(beside(outcome))
    yield len(counts)
    for kind, ending, reason, count in counts:
        yield from (f"{kind}/{ending}/{reason or ''}", count)


def _again(again: Again | None) -> Iterator[Word]:
    if again is None:
        yield 0
        return
    yield 1
    for target in (again.fruitful, again.fruitless):
        item = _item(target) if target.report_id else b""
        record = _sized(target.site.encode()) + _sized(target.host.encode()) + _sized(item) + entries.encode(target)
        yield from (target.fingerprint, target.site, target.not_before or 0.0, record)


def _item(target: Target) -> bytes:
    return _encode_item(Item(target.fingerprint, target.sealed_address, target.host, target.kind))


def _sized(word: bytes) -> bytes:
    return struct.pack(">I", len(word)) + word
