"""What a crawl of the practice web must find, must not take for known, and must not touch."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from crawler.contract.reasons import Reason
from crawler.contract.struct import Record
from zoeklicht.practice.features import Feature

AnswerKind = Literal[
    "page",
    "picture",
    "redirect",
    "missing",
    "robots_txt",
    "archive",
    "video",
    "style",
    "script",
    "entry",
    "trap",
    "refused",
    "robots",
    "acting",
    "outside",
    "messages",
]
"""`entry`: asked for to get in (a login form, an age gate). `trap`: never ends. `refused`: by a lock, or for now.

The last four are forbidden: behind robots.txt, acting, on a host that is no configured site, somebody's private
messages.
"""

Treatment = Literal["identical", "reencoded", "resized", "thumbnail"]
ForbiddenKind = Literal["robots", "acting", "outside", "private", "messages"]
BASIC_KINDS: frozenset[ForbiddenKind] = frozenset({"robots", "acting", "outside", "private"})
"""Those that the basic web has."""

Need = Literal["grown 1", "grown 2", "grown 3", "browser"]
"""What leads to some addresses only later: `/-/grow` asked for so many times, or scripts that are run."""


class Planted(Record, frozen=True, kw_only=True):
    """A known picture at one address: a hit, exactly one."""

    url: str
    list_id: str
    treatment: Treatment
    distance: int
    """PDQ distance to the original, in bits; 0 for what has digests only (videos)."""
    path_inside: str | None = None
    """Where it is within what lies at the address: in an archive, or `data:1`, a page's first embedded picture."""
    feature: Feature | None = None
    """What a crawler must be able to do to find it; None: what the basic web asks for."""
    need: Need | None = None


class NearMiss(Record, frozen=True, kw_only=True):
    """A picture too far from a known one to be a hit, though not by much."""

    url: str
    list_id: str
    distance: int


class Broken(Record, frozen=True, kw_only=True):
    """What cannot be read or is not there (any more), and the reason to be counted."""

    url: str
    reason: Reason
    feature: Feature | None = None


class Forbidden(Record, frozen=True, kw_only=True):
    """An address that pages lead to and that must not be asked for."""

    url: str
    kind: ForbiddenKind
    feature: Feature | None = None


class Truth(Record, frozen=True, kw_only=True):
    """All there is to know about one practice web."""

    seed: int
    features: tuple[Feature, ...] = ()
    """What there is besides the basic web, sorted."""
    planted: tuple[Planted, ...]
    near_misses: tuple[NearMiss, ...]
    broken: tuple[Broken, ...]
    forbidden: tuple[Forbidden, ...]
    pages: int
    """Pages that can be reached without touching anything forbidden, redirects and missing ones not counted."""
    pictures: int
    """Picture addresses that can be reached so and answer with 200, broken ones included."""
    later: tuple[Planted, ...] = ()
    """Found only when something is done first (`Planted.need`)."""
    archives: int = 0
    videos: int = 0
    style_sheets: int = 0
    trapped_at_most: Mapping[Feature, int] = {}
    """Requests to each trap (`Touched.traps`) by a crawler that notices it."""
    least_gaps_s: Mapping[str, float] = {}
    """By host address: the seconds between requests that its robots.txt asks for (`Touched.hosts`)."""


class KnownPicture(Record, frozen=True, kw_only=True):
    """A planted original's entry in the known list. Its repr hides the hashes."""

    list_id: str
    sha256: str
    md5: str
    pdq: str | None
    """None for a video."""

    def __repr__(self) -> str:
        return f"KnownPicture({self.list_id}, hashes hidden)"


def as_json(truth: Truth) -> bytes:
    """The truth as indented JSON, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(truth), indent=1) + b"\n"


def known_csv(known: Sequence[KnownPicture]) -> bytes:
    """The known list: `algorithm,hash,category,source,list_id`, three rows for each picture, two for a video."""
    rows = ["algorithm,hash,category,source,list_id"]
    for each in known:
        for algorithm, value in (("sha256", each.sha256), ("md5", each.md5), ("pdq", each.pdq)):
            if value is not None:
                rows.append(f"{algorithm},{value},practice,practice web,{each.list_id}")
    return "\n".join([*rows, ""]).encode()
