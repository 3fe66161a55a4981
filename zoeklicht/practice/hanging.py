"""What a site needs to be put in place, and what it tells of itself: its hosts, and the profile to crawl it by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from crawler.contract.mandates import Means
from crawler.contract.records import SiteType
from zoeklicht.practice.answers import Answer, Answers
from zoeklicht.practice.features import Feature
from zoeklicht.practice.hazards import Hazards
from zoeklicht.practice.items import Item, Rendition, renditions_of
from zoeklicht.practice.markup import document
from zoeklicht.practice.supply import Supply
from zoeklicht.practice.truth import KnownPicture

ANYBODY: tuple[Means, ...] = ("anonymous",)


class Profile(NamedTuple):
    """A site's profile."""

    toml: dict[str, Any]
    """As it would stand in its file, but for mandate and pace. Any: the values are TOML's."""
    means: Sequence[Means] = ANYBODY
    """What its mandate has to permit."""


_OPEN = Answer("robots_txt", media_type="text/plain", body=b"User-agent: *\nDisallow:\n")


@dataclass(frozen=True, kw_only=True)
class Hanging:
    """Where sites put what they have."""

    answers: Answers
    supply: Supply
    hazards: Hazards
    today: date
    known: list[KnownPicture]
    """What else belongs on the known list; sites add to it."""
    trapped_at_most: dict[Feature, int]
    least_gaps_s: dict[str, float]

    def robots(self, address: str, text: str | None = None) -> None:
        """Put a robots.txt in place: this one, or one that allows everything."""
        answer = _OPEN if text is None else _OPEN._replace(body=text.encode())
        self.answers.put(address, "/robots.txt", answer)

    def files(self, address: str, folder: str, item: Item) -> dict[Rendition, str]:
        """Put an item's files in place, `/folder/code.jpg`; returns where."""
        urls = {}
        for rendition in renditions_of(item.style):
            mark = "" if rendition == "full" else f"-{rendition}"
            extension = item.files[rendition][0]
            urls[rendition] = self.answers.rendition(
                address, f"/{folder}/{item.code}{mark}.{extension}", item, rendition
            )
        return urls

    def shown(self, address: str, folder: str = "pictures", *, planted: int = 1, ordinary: int = 1) -> str:
        """The HTML of so many pictures, whose files are put in place."""
        items = [self.supply.planted() for _ in range(planted)] + [self.supply.ordinary() for _ in range(ordinary)]
        return "".join(f'<p><img src="{self.files(address, folder, item)["full"]}" alt=""></p>' for item in items)

    def page(self, address: str, target: str, title: str, body: str, *, head: str = "") -> str:
        """Put a page in place."""
        return self.answers.page(address, target, document(title, body, head=head))


class PracticeSite(NamedTuple):
    """One site that proves a feature."""

    feature: Feature
    hosts: Sequence[str]
    """Its addresses."""
    hang: Callable[[Hanging], None]
    profiles: Callable[[int], Sequence[Profile]]
    """From the port to what its profiles say."""
    secrets: Mapping[str, str] = {}
    """Contents of files beside the profiles, by name; only the owner may read them."""


def profile(
    name: str,
    site_type: SiteType,
    host: str,
    port: int,
    *,
    means: Sequence[Means] = ANYBODY,
    further_hosts: Sequence[str] = (),
    **more: Any,  # as above
) -> Profile:
    """A profile with one seed: the front page of its first host."""
    seeds = [f"http://{host}:{port}/"]
    toml = {"name": f"practice-{name}", "type": site_type, "hosts": [host, *further_hosts], "seeds": seeds, **more}
    return Profile(toml, means)
