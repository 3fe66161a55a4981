"""Sites that nobody here wrote: galleries of real photographs by public generators, crawled and scored.

Half of the photographs are known, by digest and PDQ. A hit is owed for each picture file that a visitor can get to from
the front page (`showing`) and that is a known photograph by its bytes or by its looks (`recognising`): originals,
enlargements, previews, and those thumbnails that were not cropped beyond the distance.
"""

from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import pytest

from tests.flow.chain import Chain
from tests.photographs import photographs
from tests.site.albums import ALBUMS, lay_out
from tests.site.galleries import GALLERIES, generate_all
from tests.site.recognising import is_known, known_pictures
from tests.site.serving import Served, file_of, serving
from tests.site.showing import FRONT, Shown
from zoeklicht.practice.truth import KnownPicture, known_csv

KNOWN = photographs()[::2]

every_gallery = pytest.mark.parametrize("name", GALLERIES)


class Crawled:
    """A gallery after its crawl. Files are named by their paths relative to the site."""

    def __init__(self, served: Served, known: list[KnownPicture], hits: list[str]) -> None:
        self.asked = [(path, status) for path, status in served.asked if path != "robots.txt"]
        self.hits = hits
        self._folder = served.folder
        self._known = known

    @cached_property
    def shown(self) -> Shown:
        return Shown(self._folder)

    @cached_property
    def owed(self) -> set[str]:
        return {picture for picture in self.shown.pictures if is_known(self._folder / picture, self._known)}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Crawled]:
    folder = tmp_path_factory.mktemp("site")
    lay_out(photographs(), folder / "photographs")
    sites = generate_all(folder / "photographs", folder)
    known = known_pictures(KNOWN)
    (folder / "known.csv").write_bytes(known_csv(known))
    with ExitStack() as stack:
        served = {
            name: stack.enter_context(serving(site, f"127.0.0.{number}"))
            for number, (name, site) in enumerate(sites.items(), start=2)
        }
        chain = Chain(folder / "chain", _document(served))
        stack.callback(chain.stop)
        chain.prepare(folder / "known.csv")
        chain.finish(chain.start("crawl", "--once"))
        chain.finish(chain.start("match", "--once"))
        hits = chain.hits(opened=True)
    return {
        name: Crawled(site, known, [file_of(hit["url"]) for hit in hits if hit["host"] == site.address])
        for name, site in served.items()
    }


def _document(galleries: dict[str, Served]) -> dict[str, object]:
    return {
        "sites": [
            {"name": name, "type": "image_host", "hosts": [site.address], "seeds": [site.url], "gap_seconds": 0}
            for name, site in galleries.items()
        ],
        "scope": {"allow_networks": [{"network": "127.0.0.0/8", "country": "NL", "reason": "galleries of a test"}]},
        "crawl": {"user_agent": "Zoeklicht/0.1 (tests)", "retry_seconds": 0.2},
    }


@every_gallery
def test_each_picture_that_the_pages_show_of_a_known_photograph_is_one_hit(
    crawled: dict[str, Crawled], name: str
) -> None:
    gallery = crawled[name]
    assert Counter(gallery.hits) == dict.fromkeys(gallery.owed, 1)


@every_gallery
def test_every_known_photograph_is_found_and_no_other_photograph_is(crawled: dict[str, Crawled], name: str) -> None:
    gallery = crawled[name]
    # Colorbox shows no photographs of an album that has albums in it.
    assert len(_photographs_in(gallery.shown.pictures)) >= (len(photographs()) if name != "sigal-colorbox" else 12)
    assert _photographs_in(gallery.hits) == _photographs_in(gallery.shown.pictures) & {path.stem for path in KNOWN}


def _photographs_in(files: Iterable[str]) -> set[str]:
    """The photographs that files are of, by their names, which generators keep."""
    return {path.stem for path in photographs() if any(path.stem in Path(file).name for file in files)}


@every_gallery
def test_every_page_and_picture_is_asked_for_and_none_twice_nor_what_is_not_there(
    crawled: dict[str, Crawled], name: str
) -> None:
    gallery = crawled[name]
    asked = Counter(path for path, _ in gallery.asked)
    assert len(gallery.shown.pages) > len(ALBUMS)
    assert asked.keys() >= gallery.shown.pages | gallery.shown.pictures
    # The page of a folder has two addresses.
    assert {path for path, times in asked.items() if times > 1 and Path(path).name != FRONT} == set()
    assert [path for path, status in gallery.asked if status >= 400] == []
