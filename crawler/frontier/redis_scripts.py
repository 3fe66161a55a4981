"""The Lua scripts, and targets and completions as they read them. lua/layout.lua has the keys."""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from itertools import chain
from typing import Literal

import msgspec

from crawler.contract.frontier import Again, Completion, FoundKind, PassedOver, Target
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


_TARGET = struct.Struct(">IHBd")
_COMPLETION = struct.Struct(">IIIBI")
"""As lua/accepting.lua and lua/complete.lua read them."""


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
        self._contexts: dict[tuple[str, str, str, str], int] = {}
        self.sent: list[Target] = []
        """In order: the scripts tell by their place which of them were refused."""

    def targets(self, targets: Sequence[Target]) -> list[Word]:
        """The contexts, how many there are, and each."""
        words = self._accepted(targets)
        return [*self._said(), len(targets), *words]

    def completions(self, completions: Sequence[Completion]) -> list[Word]:
        """As lua/complete.lua reads them."""
        endings: dict[tuple[str, str, str], int] = {}
        words: list[Word] = []
        for each in completions:
            outcome, counts = each.outcome, list(beside(each.outcome))
            ending = endings.setdefault((outcome.kind, outcome.reason or "", outcome.found or ""), len(endings) + 1)
            again = each.again is not None
            words.append(_COMPLETION.pack(ending, len(counts), len(each.passed), again, len(each.children)))
            for kind, ended, reason, count in counts:
                words += (f"{kind}/{ended}/{reason or ''}", count)
            words += passed_over(each.passed)
            words += _again(each.again)
            words += self._accepted(each.children)
        ids = [each.lease_id for each in completions]
        return [*self._said(), len(endings), *chain.from_iterable(endings), len(ids), *ids, *words]

    def _accepted(self, targets: Sequence[Target]) -> list[Word]:
        """Each as `accept` in lua/accepting.lua reads it."""
        self.sent += targets
        words: list[Word] = []
        contexts = self._contexts
        for target in targets:
            fingerprint, report = target.fingerprint, target.report_id or ""
            context = contexts.setdefault((target.site, target.kind, report, target.host), len(contexts) + 1)
            bucket, not_before = fingerprint % _BUCKETS, target.not_before or 0.0
            words += (_TARGET.pack(context, bucket, target.force, not_before), fingerprint, entries.encode(target))
            if report:
                words.append(_item(target))
        return words

    def _said(self) -> list[Word]:
        return [len(self._contexts), *chain.from_iterable(self._contexts)]


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


def _again(again: Again | None) -> Iterator[Word]:
    if again is None:
        return
    for target in (again.fruitful, again.fruitless):
        item = _item(target) if target.report_id else b""
        record = _sized(target.site.encode()) + _sized(target.host.encode()) + _sized(item) + entries.encode(target)
        yield from (target.fingerprint, target.site, target.not_before or 0.0, record)


def _item(target: Target) -> bytes:
    return _encode_item(Item(target.fingerprint, target.sealed_address, target.host, target.kind))


def _sized(word: bytes) -> bytes:
    return struct.pack(">I", len(word)) + word
