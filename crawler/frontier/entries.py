"""A target as Redis holds it: a head that the Lua scripts read and write, and a packed body that is ours alone.

A pending target costs Redis little more than its entry. The chain that led to it is most of that, and its addresses
resemble each other: each is written as what it shares with the one before, and the rest.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from crawler.contract.frontier import Target, TargetKind, Visit

_HEAD = struct.Struct(">HdBIHH")
"""Priority, gap, kind, attempt, expiries, length of the site's name. lua/layout.lua reads the same.

The site's name follows, then a byte with the length of the report's id, that id and, if there is one, four bytes for
the number of its item, which the scripts fill in.
"""
_NO_ITEM_YET = bytes(4)
_KINDS: tuple[TargetKind, ...] = ("page", "picture")
"""In the head a kind is its place here, counted from 1."""

_Coded = tuple[tuple[int, str], ...]


class _Body(msgspec.Struct, frozen=True, array_like=True):
    """What the scripts need not know. The host stands in the name of the queue."""

    fingerprint: int
    url: tuple[int, str]
    chain: _Coded
    depth: int
    hops: int
    force: bool
    not_before: float | None
    visit: tuple[float, int] | None
    sealed_address: str | None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Body).decode


def encode(target: Target) -> bytes:
    """The entry of a target that has not expired yet. Some 60 bytes and what its address has of its own."""
    site = target.site.encode()
    kind = _KINDS.index(target.kind) + 1
    chain = _coded_chain(target.host, target.chain)
    body = _Body(
        fingerprint=target.fingerprint,
        url=_coded(_before(target.host, target.chain), target.url),
        chain=chain,
        depth=target.depth,
        hops=target.hops,
        force=target.force,
        not_before=target.not_before,
        visit=None if target.visit is None else (target.visit.interval, target.visit.misses),
        sealed_address=target.sealed_address,
    )
    report = b"\0"
    if target.report_id:
        report_id = target.report_id.encode()
        report = bytes((len(report_id),)) + report_id + _NO_ITEM_YET
    head = _HEAD.pack(target.priority, target.gap, kind, min(target.attempt, 2**32 - 1), 0, len(site))
    return head + site + report + _encode(body)


def decode(host: str, entry: bytes) -> Target:
    """The target of an entry that was queued for `host`, with the attempt count it has by now."""
    priority, gap, kind, attempt, _, length = _HEAD.unpack_from(entry)
    report_at = _HEAD.size + length + 1
    body_at = report_at + entry[report_at - 1]
    report_id = entry[report_at:body_at].decode() or None
    if report_id is not None:
        body_at += len(_NO_ITEM_YET)
    body = _decode(memoryview(entry)[body_at:])
    chain: list[str] = []
    for coded in body.chain:
        chain.append(_plain(_before(host, chain), coded))
    return Target(
        fingerprint=body.fingerprint,
        url=_plain(_before(host, chain), body.url),
        host=host,
        site=entry[_HEAD.size : report_at - 1].decode(),
        kind=_KINDS[kind - 1],
        priority=priority,
        gap=gap,
        depth=body.depth,
        chain=tuple(chain),
        report_id=report_id,
        hops=body.hops,
        force=body.force,
        not_before=body.not_before,
        attempt=attempt,
        visit=None if body.visit is None else Visit(interval=body.visit[0], misses=body.visit[1]),
        sealed_address=body.sealed_address,
    )


def _before(host: str, chain: Sequence[str]) -> str:
    return chain[-1] if chain else f"https://{host}/"


# All links of a page share its chain, and a batch holds the links of few pages.
@lru_cache(maxsize=256)
def _coded_chain(host: str, chain: tuple[str, ...]) -> _Coded:
    return tuple(_coded(_before(host, chain[:i]), url) for i, url in enumerate(chain))


def _coded(before: str, url: str) -> tuple[int, str]:
    # Halving finds where they part in a fraction of the time that a look at each character takes.
    shared, most = 0, min(len(before), len(url))
    while shared < most:
        middle = (shared + most + 1) // 2
        if before[:middle] == url[:middle]:
            shared = middle
        else:
            most = middle - 1
    return shared, url[shared:]


def _plain(before: str, coded: tuple[int, str]) -> str:
    shared, rest = coded
    return before[:shared] + rest
