"""Which changed copies are found: ours beside plain `pdqhash`, and for each pair of preparations of list and crawl."""

import io
import statistics
from collections.abc import Mapping

import numpy as np
import pdqhash
from PIL import Image

from benchmarks.hashing.changes import CHANGES, originals
from crawler.contract.records import Looks, Preparation
from crawler.hashing import HashingTable, hash_picture

WITHIN = 31
_HOW: tuple[Preparation | None, ...] = (None, "reduced_512", "squeezed_512")
_NAMES = {None: "full", "reduced_512": "reduced", "squeezed_512": "squeezed"}
_LIMITS = HashingTable(preparations=("reduced_512", "squeezed_512")).limits


def beside_plain(longest: int) -> Mapping[str, Mapping[str, float]]:
    """Percent of the copies within 31 bits of a list that plain `pdqhash` made of the originals in full.

    Ours as configured by default; and without the turns and flips, which plain `pdqhash` does not look for.
    """
    found: dict[str, list[tuple[bool, bool, bool]]] = {name: [] for name in CHANGES}
    for original in originals(longest):
        listed = _plain(original)
        for name, change in CHANGES.items():
            data = change(original)
            with Image.open(io.BytesIO(data)) as opened:
                theirs = _distance(_plain(opened.convert("RGB")), listed)
            looks = _looks(data)
            ours = _distance(looks.pdq, listed)
            turned = min(ours, *(_distance(each, listed) for each in looks.pdq_dihedral))
            found[name].append((turned <= WITHIN, ours <= WITHIN, theirs <= WITHIN))
    return {
        name: dict(zip(("ours", "ours_upright", "plain"), map(_percent, zip(*each, strict=True)), strict=True))
        for name, each in found.items()
    }


def by_preparation(longest: int) -> Mapping[str, Mapping[str, tuple[float, float, int]]]:
    """For each change and each pair "list / crawl": percent within 31 bits, and the mean and largest distance."""
    distances: dict[tuple[str, str], list[int]] = {}
    for original in originals(longest):
        listed = _all(_looks(_lossless(original)))
        for name, change in CHANGES.items():
            crawled = _all(_looks(change(original)))
            for made, (upright, *_) in listed.items():
                for seen, views in crawled.items():
                    nearest = min(_distance(upright, view) for view in views)
                    pair = f"{_NAMES[made]} / {_NAMES[seen]}"
                    distances.setdefault((name, pair), []).append(nearest)
    table: dict[str, dict[str, tuple[float, float, int]]] = {}
    for (name, pair), each in distances.items():
        share = _percent([distance <= WITHIN for distance in each])
        table.setdefault(name, {})[pair] = (share, round(statistics.fmean(each), 1), max(each))
    return table


def markdown(table: Mapping[str, Mapping[str, tuple[float, float, int]]]) -> str:
    """`by_preparation` as a table of percents and mean distances."""
    pairs = list(next(iter(table.values())))
    lines = ["| copy | " + " | ".join(pairs) + " |", "|---" * (len(pairs) + 1) + "|"]
    for name, cells in table.items():
        lines.append(f"| {name} | " + " | ".join(f"{cells[pair][0]:g}, {cells[pair][1]:g}" for pair in pairs) + " |")
    return "\n".join(lines)


def _all(looks: Looks) -> dict[Preparation | None, tuple[str, ...]]:
    """Every preparation's bits and those of its turns. One that changes nothing has those of the full picture."""
    full = (looks.pdq, *looks.pdq_dihedral)
    made: dict[Preparation | None, tuple[str, ...]] = dict.fromkeys(_HOW, full)
    made |= {each.how: (each.pdq, *each.pdq_dihedral) for each in looks.prepared}
    return made


def _lossless(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _looks(data: bytes) -> Looks:
    hashed = hash_picture(data, _LIMITS)
    if hashed.looks is None:
        raise ValueError(f"A harmless picture was not decoded: {hashed.undecoded}.")
    return hashed.looks


def _plain(colour: Image.Image) -> str:
    bits, _ = pdqhash.compute(np.asarray(colour))
    return np.packbits(bits).tobytes().hex()


def _distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _percent(found: "tuple[bool, ...] | list[bool]") -> float:
    return round(100 * statistics.fmean(found), 1)
