"""What was fetched is not fetched again while its server says that it is what it was; yet it is seen again.

For whatever came with a validator (RFC 9110, 8.8) the shared store keeps what became of it: digests, looks, sizes.
The next request says which version is known (13.1); on 304 the sighting is recorded from memory. What is kept is
veiled, and ends by itself: every address is fetched in full once in a while, whatever its server says.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

from crawler.contract.frontier import Lease, Outcome, Target
from crawler.contract.reasons import Reason
from crawler.contract.records import Peer
from crawler.fetching.memories import Remembered, RememberedPicture, packed, unpacked
from crawler.fetching.picture import FetchedPicture, HashedPicture

if TYPE_CHECKING:
    from crawler.contract.sites import SiteProfile
    from crawler.hashing.looks import Limits
    from crawler.shared import SharedCache

_DAY = 24 * 3600.0
_PAGE_DAYS = 7.0
"""A page whose server wrongly says that nothing is new is still read in full so often."""
_MOST_PICTURES = 64
_MOST_BYTES = 64 * 1024
_SECONDS_APART = 60.0
"""RFC 9110, 8.8.2.2: a change within the same second cannot be told by a date; clocks may differ, too."""
_ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e]{0,200}"')
"""ASCII ones: others would not be sent back as they came."""
_LASTING = frozenset({None, Reason.UNDECODABLE, Reason.UNSUPPORTED_FORMAT, Reason.TOO_MANY_PIXELS, Reason.VIDEO})
"""Ends that the same bytes would come to again."""
_PASSING_LINKS = frozenset({Reason.OVER_BUDGET, Reason.NEAR_IDENTICAL, Reason.TOO_MANY_VARIANTS, Reason.CALENDAR})
"""Links that were not followed this time, and might be the next: their page must be read again."""


class Headers(Protocol):
    """Response headers, as Scrapy has them."""

    def get(self, key: str, /) -> bytes | None:
        """The last value of a header, by its name in any case."""


def conditions(remembered: Remembered) -> Mapping[str, str]:
    """The request headers that ask for it only if it has changed (RFC 9110, 13.1.2 and 13.1.3)."""
    headers: dict[str, str] = {}
    if remembered.etag is not None:
        headers["If-None-Match"] = remembered.etag
    if remembered.last_modified is not None:
        headers["If-Modified-Since"] = remembered.last_modified
    return headers


def remembered_of(
    pictures: Sequence[HashedPicture], headers: Headers, *, outcome: Outcome, now: float
) -> Remembered | None:
    """What to remember of a lease that ends like this, in full; None where that would not do another time.

    It does with a validator that vouches for the very bytes (for a page: for its meaning), where everything inside
    was hashed or can never be, and where no link of it was left for later. `now`: epoch seconds.
    """
    found = outcome.found or "page"
    if (
        outcome.reason not in _LASTING
        or not _PASSING_LINKS.isdisjoint(outcome.links)
        or not outcome.inside.keys() <= _LASTING
    ):
        return None
    if any(picture.truncated or picture.reason not in _LASTING for picture in pictures):
        return None
    if len(pictures) > _MOST_PICTURES or (found != "page" and not pictures):
        return None
    etag, last_modified = _etag(headers, weak_too=found == "page"), _last_modified(headers, now)
    if etag is None and last_modified is None:
        return None
    return Remembered(
        found=found,
        etag=etag,
        last_modified=last_modified,
        pictures=tuple(
            RememberedPicture(
                path_inside=picture.path_inside,
                media_type=picture.media_type,
                size=picture.size,
                hashed=picture.hashed,
            )
            for picture in pictures
        ),
        inside=dict(outcome.inside),
    )


def pictures_again(
    remembered: Remembered, *, lease: Lease, peer: Peer, at: datetime, status: int
) -> Sequence[HashedPicture]:
    """The pictures, seen again at this time though none of their bytes came: for `image_seen`, as any others.

    Their size is what it was when they were fetched in full.
    """
    again: list[HashedPicture] = []
    for picture in remembered.pictures:
        fetched = FetchedPicture(
            b"",
            lease=lease,
            peer=peer,
            at=at,
            status=status,
            media_type=picture.media_type,
            truncated=False,
            path_inside=picture.path_inside,
        )
        hashed = HashedPicture(fetched, picture.hashed)
        hashed.size = picture.size
        again.append(hashed)
    return again


class Memory:
    """What all crawlers remember of addresses. Without the shared store, nothing: everything is fetched in full."""

    def __init__(self, cache: SharedCache, profiles: Mapping[str, SiteProfile], limits: Limits, *, days: float) -> None:
        """`days`: for how long, 0 for not at all. What is hashed or read otherwise than before is not remembered."""
        self._cache = cache
        self._days = days
        self._picture_recipe = _recipe(limits)
        self._page_recipes = {name: _recipe(limits, profile) for name, profile in profiles.items()}

    async def recall(self, target: Target) -> Remembered | None:
        """What is remembered of a target. Asks the store only for what may have been fetched before.

        Nothing for pages of a report: all that they link to has to come of the report, however often it was seen.
        """
        again = target.visit is not None
        if self._days <= 0 or not (again or (target.kind == "picture" and (target.force or target.report_id))):
            return None
        kept = await self._cache.get(self._name(target))
        return None if kept is None else unpacked(kept)

    def remember(self, target: Target, remembered: Remembered) -> None:
        """Keep it for the next visit. Only for what was fetched in full: a 304 makes nothing live longer.

        Returns at once. Call it after the records have been published.
        """
        days = min(self._days, _PAGE_DAYS) if remembered.found == "page" else self._days
        kept = packed(remembered)
        if days > 0 and len(kept) <= _MOST_BYTES:
            self._cache.put(self._name(target), kept, seconds=days * _DAY)

    async def forget(self, target: Target) -> None:
        """For an address that turned out otherwise than remembered: gone, say, or without a validator now."""
        await self._cache.forget([self._name(target)])

    def _name(self, target: Target) -> str:
        recipe = self._picture_recipe if target.kind == "picture" else self._page_recipes.get(target.site, "")
        return f"{recipe} {target.url}"


def _recipe(*settings: object) -> str:
    """Stands for the settings by which something was hashed or read: with others, it is done anew."""
    told = msgspec.json.encode(settings, enc_hook=str, order="deterministic")
    return hashlib.blake2b(told, digest_size=8).hexdigest()


def _etag(headers: Headers, *, weak_too: bool) -> str | None:
    found = (headers.get("ETag") or b"").decode("latin-1").strip()
    if _ETAG.fullmatch(found) is None or (found.startswith("W/") and not weak_too):
        return None
    return found


def _last_modified(headers: Headers, now: float) -> str | None:
    """As the server wrote it, where it is strong enough to tell that nothing has changed."""
    found = (headers.get("Last-Modified") or b"").decode("latin-1").strip()
    modified, answered = date_of(found), date_of((headers.get("Date") or b"").decode("latin-1"))
    if modified is None or (now if answered is None else answered) - modified < _SECONDS_APART:
        return None
    return found


def date_of(header: str) -> float | None:
    """An HTTP date (RFC 9110, 5.6.7) in epoch seconds; None when it is none."""
    if not header or len(header) > 64 or not header.isascii():  # noqa: PLR2004  # the longest form has 33
        return None
    try:
        return parsedate_to_datetime(header).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
