"""Hashing stays cheap in CPU and memory. For its figures see `benchmarks.hashing`; here are floors well below them."""

from PIL import Image, ImageOps

from benchmarks.hashing.memory import peak_mb
from benchmarks.hashing.pace import cpu_ms
from benchmarks.hashing.peer import ours, plain
from tests.photographs import encoded, photographs

_FLOOR = 5
"""Half of what it is on these (10 to 13): a machine's load moves both sides' CPU time by a third at most."""


def test_a_photograph_costs_less_than_a_fifth_of_what_plain_wiring_spends_on_it() -> None:
    files = []
    for path in photographs()[::5]:
        with Image.open(path) as opened:
            files.append(encoded(ImageOps.fit(opened.convert("RGB"), (1280, 960)), "JPEG", quality=85))
    mine = sum(cpu_ms(ours, data, 7) for data in files)
    theirs = sum(cpu_ms(plain, data, 3) for data in files)
    assert theirs / mine >= _FLOOR


def test_a_picture_of_12_megapixels_takes_less_than_120_mb() -> None:
    assert peak_mb("ours") <= 120
