"""Decides what hangs in the practice web: how many known, nearly known, broken and ordinary pictures, and how shown."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from itertools import cycle, islice

import numpy as np

from zoeklicht.practice.breaking import broken_pictures
from zoeklicht.practice.items import ALBUM_STYLES, ATTACHMENT_STYLES, HOTLINK_STYLES, Item, Rendition, Style
from zoeklicht.practice.pictures import encode, motif, paint, shrunk
from zoeklicht.practice.planting import (
    THUMBNAIL,
    Original,
    matching_styles,
    near_miss_item,
    ordinary_item,
    originals,
    planted_item,
)
from zoeklicht.practice.truth import Treatment

LEAST_PICTURES = 60
"""So few still hold every kind of planting."""

_TREATMENTS: tuple[Treatment, ...] = ("identical", "reencoded", "resized", "thumbnail")
_STYLES: tuple[Style, ...] = (*ALBUM_STYLES, *ATTACHMENT_STYLES, *HOTLINK_STYLES)
_FIRST_STYLE: dict[Treatment, int] = {"reencoded": 6, "resized": 11}
"""Each treatment goes through the styles from another one on, so that together a few of each show all."""
_KNOWN_FROM, _VEILS_FROM, _BROKEN_FROM = 500_000, 700_000, 800_000
"""Numbers of motifs; ordinary pictures count from 0."""


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """All items in the order in which they are hung, and the originals of those that are planted."""

    items: Sequence[Item]
    known: Sequence[Original]


def catalogue(seed: int, pictures: int) -> Catalogue:
    """What a web of so many pictures holds; the same for the same arguments. Raises `ValueError` for too few.

    Known pictures are one in fifteen, 12 to 60. Each is planted once or twice, in different disguises and styles.
    """
    if pictures < LEAST_PICTURES:
        raise ValueError(f"a practice web needs at least {LEAST_PICTURES} pictures")
    known_count = min(max(12, pictures // 15), 60)
    near_count = min(max(4, pictures // 40), 20)
    plans = _plans(known_count)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        planted = list(pool.map(lambda name: _planted(seed, name, plans[name]), plans))
        known = [original for original, _ in planted]
        near = list(pool.map(lambda place: _near_miss(seed, place, known), range(near_count)))
    items = [item for _, hung in planted for item in hung]
    items += near
    items += _broken(seed)
    styles = _ordinary_styles()
    items += [
        ordinary_item(motif(seed, number), next(styles), _code(seed, "ordinary", number))
        for number in range(pictures - len(items))
    ]
    order = np.random.default_rng([seed, 2]).permutation(len(items))
    return Catalogue(items=[items[place] for place in order], known=known)


def _plans(known_count: int) -> Mapping[int, Sequence[tuple[Treatment, Style]]]:
    """For each known picture how it is planted where: every treatment and every style comes up."""
    styles = {treatment: cycle(matching_styles(treatment, _STYLES)) for treatment in _TREATMENTS}
    for treatment, skipped in _FIRST_STYLE.items():
        for _ in islice(styles[treatment], skipped):
            pass
    plans = {}
    for name in range(known_count):
        treatments = [_TREATMENTS[name % 4]]
        if name % 3 == 0:
            treatments.append("identical")
        elif name % 3 == 1:
            treatments.append("thumbnail")
        plans[name] = [(treatment, next(styles[treatment])) for treatment in treatments]
    return plans


def _planted(seed: int, name: int, plan: Sequence[tuple[Treatment, Style]]) -> tuple[Original, list[Item]]:
    for original in originals(seed, _KNOWN_FROM + name, name):
        hung = []
        for place, (treatment, style) in enumerate(plan):
            item = planted_item(original, treatment, style, _code(seed, "planted", name, place))
            if item is None:
                break
            hung.append(item)
        else:
            return original, hung
    raise AssertionError("originals never end")


def _near_miss(seed: int, place: int, known: Sequence[Original]) -> Item:
    original = known[place % len(known)]
    for attempt in range(100):
        veil = motif(seed, _VEILS_FROM + place * 1000 + attempt)
        style = _STYLES[(place * 3 + attempt) % len(_STYLES)]
        item = near_miss_item(original, veil, style, _code(seed, "near", place))
        if item is not None:
            return item
    raise RuntimeError("No near-miss could be made with this seed. Take another --seed.")


def _broken(seed: int) -> list[Item]:
    """Each broken picture behind an intact thumbnail of its own."""
    thumbnail = encode(shrunk(paint(motif(seed, _BROKEN_FROM)), THUMBNAIL), "jpeg", quality=80)
    items = []
    for place, (extension, media_type, data, reason) in enumerate(broken_pictures(seed, _BROKEN_FROM)):
        made: dict[Rendition, bytes] = {"full": data, "thumb": thumbnail}
        item = Item(
            code=_code(seed, "broken", place),
            style="plain" if place % 2 else "attached",
            files={"full": (extension, media_type), "thumb": ("jpg", "image/jpeg")},
            make=lambda made=made: made,  # type: ignore[misc]  # binds this turn's bytes
            broken=reason,
        )
        items.append(item)
    return items


def _ordinary_styles() -> "cycle[Style]":
    """Seven in ten in albums, two attached in the forum, one linked from the forum only."""
    albums, attachments, hotlinks = cycle(ALBUM_STYLES), cycle(ATTACHMENT_STYLES), cycle(HOTLINK_STYLES)
    pattern = (*(albums,) * 4, attachments, *(albums,) * 3, attachments, hotlinks)
    return cycle([next(source) for _ in range(30) for source in pattern])


def _code(seed: int, *parts: object) -> str:
    return blake2b(repr((seed, *parts)).encode(), digest_size=5).hexdigest()
