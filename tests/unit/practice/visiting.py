"""A visitor of the practice web: asks as a server would be asked, without one."""

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import msgspec
from parsel import Selector

from crawler.contract.pages import Page
from crawler.contract.sites import SiteProfile
from crawler.sites.directory import SiteDirectory
from spiders.registry import spider_of
from zoeklicht.practice.answers import Answer
from zoeklicht.practice.asked import Asked
from zoeklicht.practice.configuration import practice_profiles
from zoeklicht.practice.features import ALL
from zoeklicht.practice.opened import OpenedWeb
from zoeklicht.practice.places import dotted
from zoeklicht.practice.touched import Touched, Touches
from zoeklicht.practice.web import PracticeWeb


def directory(port: int) -> SiteDirectory:
    profiles = practice_profiles(port=port, gap_seconds=0.01, features=ALL)
    return SiteDirectory(msgspec.convert(profiles, list[SiteProfile], dec_hook=lambda _, written: Path(written)))


class Visitor:
    """Has a clock of its own, which stands still unless it is moved."""

    def __init__(self, web: PracticeWeb) -> None:
        self.now = 1000.0
        self._touches = Touches(lambda: self.now)
        self._opened = OpenedWeb(web, self._touches)

    def ask(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer; a 404 where there is none."""
        parts = urlsplit(url)
        assert parts.hostname is not None
        target = url.removeprefix(f"http://{parts.netloc}")
        asked = Asked(dotted(parts.hostname), parts.hostname, target, method, headers or {}, form or {})
        answer = self._opened.answer(asked)
        self._touches.end(asked)
        return answer or Answer("missing", 404)

    def status(self, url: str, headers: Mapping[str, str] | None = None) -> int:
        return self.ask(url, headers).status

    def grow(self) -> None:
        self._touches.note("grown")

    def touched(self) -> Touched:
        return self._touches.report()


def links_on(url: str, answer: Answer, sites: SiteDirectory) -> list[str]:
    """Where an answer leads, as the spiders read it."""
    if answer.location is not None:
        try:
            return [urljoin(url, answer.location)]
        except ValueError:
            return []
    if answer.kind not in {"page", "style", "trap"}:
        return []
    profile = sites.site_of(urlsplit(url).hostname or "")
    assert profile is not None
    sheet = answer.body.decode() if answer.kind == "style" else None
    page = Page(url, Selector("" if sheet else answer.body.decode()), profile, stylesheet=sheet)
    return [link.url for link in spider_of(profile.type).links(page)]


def walk(sites: SiteDirectory, forbidden: set[str], answer_of: Callable[[str], Answer]) -> set[str]:
    """Everything that can be reached from the seeds without what is forbidden."""
    seen: set[str] = set()
    waiting = [seed for profile in sites.profiles.values() for seed in profile.seeds]
    while waiting:
        url = waiting.pop()
        if url in seen:
            continue
        seen.add(url)
        links = links_on(url, answer_of(url), sites)
        waiting += [link for link in links if link not in forbidden and _in(sites, link)]
    return seen


def _in(sites: SiteDirectory, url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname is not None and sites.site_of(parts.hostname) is not None
