"""From pairs of seen pictures and entries to what is stored: told by the very rules of matching at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from matchers.contract.records import Found
from matchers.known import KnownStore
from matchers.known.asking import Place
from matchers.known.telling import questioned, told
from matchers.match import findings_again
from matchers.rematching.joining import NO_VIEW, Pairs
from matchers.seen import PREPARATIONS, TURNS, Block, SeenPicture, SeenStore

_ANSWERS_AT_ONCE: Final = 500
"""Pictures whose hits are made, and stored, together."""

Places = dict[int, Place]
"""Numbers of entries, each with how it was found at its best."""


def pictures_of(pairs: Pairs, blocks: Sequence[Block], seen: SeenStore) -> Iterator[dict[int, SeenPicture]]:
    """The pictures that have pairs, by their rows in the stretch, some at a time; the others are not even unpacked."""
    ends = np.cumsum([block.pictures for block in blocks])
    rows = np.unique(pairs.rows)
    places = np.searchsorted(ends, rows, "right")
    of_block = {blocks[place]: rows[places == place].tolist() for place in np.unique(places).tolist()}
    begin = {block: int(end) - block.pictures for block, end in zip(blocks, ends.tolist(), strict=True)}
    some: dict[int, SeenPicture] = {}
    for block, pictures in seen.pictures(list(of_block)):
        for row in of_block[block]:
            some[row] = pictures[row - begin[block]]
            if len(some) == _ANSWERS_AT_ONCE:
                yield some
                some = {}
    if some:
        yield some


def places_of(pictures: Mapping[int, SeenPicture], pairs: Pairs, *, min_quality: int) -> dict[int, Places]:
    """For each of these pictures, by its row, the entries near it, each at its best place."""
    return {row: _best(pairs, row, picture, min_quality) for row, picture in pictures.items()}


def found_again(
    pictures: Mapping[int, SeenPicture],
    places: Mapping[int, Places],
    known: KnownStore,
    *,
    version: int,
    digest_key: bytes,
) -> list[Found]:
    """What these pictures lead to, as the entries stand now. Pictures left without a match lead to nothing."""
    entries = known.entries({number for each in places.values() for number in each})
    unclear = {number for each in places.values() for number in questioned(each.items(), entries)}
    alike = known.alike(unclear) if unclear else {}
    found = []
    for row, picture in pictures.items():
        matches = told(places[row].items(), entries, alike)
        if matches:
            found.append(findings_again(picture, matches, version, digest_key))
    return found


def _best(pairs: Pairs, row: int, picture: SeenPicture, min_quality: int) -> Places:
    best: Places = {}
    span = slice(*np.searchsorted(pairs.rows, [row, row + 1]).tolist())
    columns = (pairs.entries[span].tolist(), pairs.distances[span].tolist(), pairs.kinds[span].tolist())
    for number, distance, kind in zip(*columns, strict=True):
        place = _place(picture, distance, kind, min_quality)
        if number not in best or place < best[number]:
            best[number] = place
    return best


def _place(picture: SeenPicture, distance: int, kind: int, min_quality: int) -> Place:
    if kind == NO_VIEW:
        return Place(distance=distance)
    preparation, turn = divmod(kind, TURNS)
    quality = picture.quality_of(PREPARATIONS[preparation])
    return Place(quality is not None and quality < min_quality, distance, turn, preparation)
