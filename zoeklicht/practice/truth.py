"""What a crawl of the practice web must find, must not take for known, and must not touch."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from crawler.contract.reasons import Reason
from crawler.contract.struct import Record

Treatment = Literal["identical", "reencoded", "resized", "thumbnail"]
ForbiddenKind = Literal["robots", "acting", "outside", "private"]


class Planted(Record, frozen=True, kw_only=True):
    """A known picture at one address: a hit, exactly one."""

    url: str
    list_id: str
    treatment: Treatment
    distance: int
    """PDQ distance to the original, in bits."""


class NearMiss(Record, frozen=True, kw_only=True):
    """A picture too far from a known one to be a hit, though not by much."""

    url: str
    list_id: str
    distance: int


class Broken(Record, frozen=True, kw_only=True):
    """A picture that cannot be decoded or is not there (any more), and the reason to be counted."""

    url: str
    reason: Reason


class Forbidden(Record, frozen=True, kw_only=True):
    """An address that pages lead to and that must not be asked for."""

    url: str
    kind: ForbiddenKind


class Truth(Record, frozen=True, kw_only=True):
    """All there is to know about one practice web."""

    seed: int
    planted: tuple[Planted, ...]
    near_misses: tuple[NearMiss, ...]
    broken: tuple[Broken, ...]
    forbidden: tuple[Forbidden, ...]
    pages: int
    """Pages that can be reached without touching anything forbidden, redirects and missing ones not counted."""
    pictures: int
    """Picture addresses that can be reached so and answer with 200, broken ones included."""


class KnownPicture(Record, frozen=True, kw_only=True):
    """A planted original's entry in the known list. Its repr hides the hashes."""

    list_id: str
    sha256: str
    md5: str
    pdq: str

    def __repr__(self) -> str:
        return f"KnownPicture({self.list_id}, hashes hidden)"


def as_json(truth: Truth) -> bytes:
    """The truth as indented JSON, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(truth), indent=1) + b"\n"


def known_csv(known: Sequence[KnownPicture]) -> bytes:
    """The known list: `algorithm,hash,category,source,list_id`, three rows for each picture."""
    rows = ["algorithm,hash,category,source,list_id"]
    for each in known:
        for algorithm, value in (("sha256", each.sha256), ("md5", each.md5), ("pdq", each.pdq)):
            rows.append(f"{algorithm},{value},practice,practice web,{each.list_id}")
    return "\n".join([*rows, ""]).encode()
