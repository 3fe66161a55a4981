"""A made-up web of numbered addresses: every tenth is a page with ten links, the others are pictures."""

from collections.abc import Sequence
from typing import NamedTuple

HOSTS = 200
LINKS = 10
"""Every `LINKS`th number is a page and has as many links, so that a queue neither grows nor shrinks in mid crawl."""
SITE = "benchmark"


class Web(NamedTuple):
    """The numbers from 0 up to `size`. A twentieth are seeds; each other one is linked from one page."""

    size: int

    @property
    def seeds(self) -> range:
        """What a crawl starts with."""
        return range(self.size // (20 * LINKS) * LINKS)

    def links(self, number: int) -> range:
        """What a page links to; nothing for a picture."""
        if not is_page(number):
            return range(0)
        first = len(self.seeds) + number
        return range(min(first, self.size), min(first + LINKS, self.size))

    def share(self, worker: int, workers: int) -> range:
        """The part of one worker, when all add at once."""
        return range(worker, self.size, workers)


def is_page(number: int) -> bool:
    """Whether it has links."""
    return number % LINKS == 0


def host(number: int) -> str:
    """Ten neighbours share a host."""
    return f"beelden{number // LINKS % HOSTS}.example.nl"


def address(number: int) -> str:
    """Some 60 characters, as a picture's or an album's address is."""
    kind = (
        f"album/{number // LINKS}/index.html" if is_page(number) else f"album/{number // LINKS}/foto-{number:08d}.jpg"
    )
    return f"https://{host(number)}/members/gallery/{kind}"


def number(url: str) -> int:
    """The number that an address was made of."""
    folder, _, name = url.partition("/album/")[2].partition("/")
    return int(folder) * LINKS if name == "index.html" else int(name[5:13])


def way(number: int) -> Sequence[str]:
    """The two pages that led there."""
    return (f"https://{host(number)}/", f"https://{host(number)}/members/gallery/page/{number // LINKS // 40}.html")
