from urllib.parse import urljoin, urlsplit

import msgspec
import pytest
from parsel import Selector

from crawler.contract.pages import Page
from crawler.contract.sites import SiteProfile
from crawler.sites.configuration import ScopeTable
from crawler.sites.guard import acts
from spiders.registry import spider_of
from zoeklicht.practice.configuration import practice_document, practice_profiles
from zoeklicht.practice.items import ALBUM_STYLES, ATTACHMENT_STYLES, HOTLINK_STYLES
from zoeklicht.practice.truth import BASIC_KINDS
from zoeklicht.practice.web import PracticeWeb, build

SITES = practice_profiles(port=8000, gap_seconds=0.01)
PROFILES = {host: profile for profile in msgspec.convert(SITES, tuple[SiteProfile, ...]) for host in profile.hosts}


def reached(web: PracticeWeb) -> tuple[set[str], set[str]]:
    """What the spiders reach from the seeds when they touch nothing forbidden, and the forbidden links they saw."""
    forbidden = {each.url for each in web.truth.forbidden}
    seen = {url.replace(":8000", f":{web.port}") for profile in PROFILES.values() for url in profile.seeds}
    refused: set[str] = set()
    waiting = list(seen)
    while waiting:
        url = waiting.pop()
        for link in links_at(web, url):
            if link in forbidden:
                refused.add(link)
            elif link.startswith("http") and link not in seen:
                seen.add(link)
                waiting.append(link)
    return seen, refused


def links_at(web: PracticeWeb, url: str) -> list[str]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    answer = web.answers[parts.hostname, url.removeprefix(f"http://{parts.netloc}")]
    if answer.location is not None:
        return [urljoin(url, answer.location)]
    if answer.kind != "page":
        return []
    profile = PROFILES[parts.hostname]
    page = Page(url, Selector(answer.body.decode()), profile)
    return [link.url for link in spider_of(profile.type).links(page)]


@pytest.mark.parametrize("pictures", [60, 400])
def test_spiders_reach_exactly_what_the_truth_counts(pictures: int) -> None:
    web = build(seed=2, pictures=pictures, port=8000)
    seen, _ = reached(web)
    pages, shown = web.urls("page"), web.urls("picture")
    assert seen == pages | shown | web.urls("redirect") | web.urls("missing")
    assert (len(pages), len(shown)) == (web.truth.pages, web.truth.pictures)
    assert {each.url for each in web.truth.planted} <= shown
    assert {each.url for each in web.truth.near_misses} <= shown


def test_every_kind_of_forbidden_address_is_linked(web: PracticeWeb) -> None:
    _, refused = reached(web)
    assert {each.kind for each in web.truth.forbidden if each.url in refused} == BASIC_KINDS


def test_every_acting_link_is_one_that_the_guard_refuses_and_no_other_is(web: PracticeWeb) -> None:
    seen, refused = reached(web)
    acting = {each.url for each in web.truth.forbidden if each.kind == "acting"}
    assert [url for url in acting & refused if not acts(url)] == []
    assert [url for url in seen if acts(url)] == []


def test_what_lies_behind_robots_and_outside_would_be_a_hit(web: PracticeWeb) -> None:
    bait = {answer.body for answer in web.answers.values() if answer.media_type == "image/jpeg" and answer.body}
    forbidden = [answer for answer in web.answers.values() if answer.kind in {"robots", "outside"}]
    assert len({answer.body for answer in forbidden} & bait) == 1


def test_every_host_has_a_robots_txt(web: PracticeWeb) -> None:
    for host in PROFILES:
        assert web.answers[host, "/robots.txt"].body == b"User-agent: *\nDisallow: /private/\n"


def test_planted_pictures_are_shown_in_every_way_there_is() -> None:
    web = build(seed=1, pictures=300, port=8000)
    planted = {each.url for each in web.truth.planted}
    styles = {
        answer.item.style
        for (address, target), answer in web.answers.items()
        if answer.item is not None and f"http://{address}:8000{target}" in planted
    }
    assert styles == {*ALBUM_STYLES, *ATTACHMENT_STYLES, *HOTLINK_STYLES}


def test_a_known_picture_lies_behind_a_redirect(web: PracticeWeb) -> None:
    behind = {answer.location for answer in web.answers.values() if answer.location is not None}
    assert behind & {each.url for each in web.truth.planted}


def test_redirects_go_in_circles_and_to_private_addresses(web: PracticeWeb) -> None:
    locations = {target: answer.location for (_, target), answer in web.answers.items() if answer.location is not None}
    assert (locations["/loop/1"], locations["/loop/2"]) == ("/loop/2", "/loop/1")
    assert {"http://10.0.0.1/full/1.jpg", "http://169.254.169.254/latest/meta-data/"} <= set(locations.values())


def test_the_same_seed_makes_the_same_web_and_another_another() -> None:
    first, again, other = (build(seed=seed, pictures=60, port=8000) for seed in (7, 7, 8))
    assert first.truth == again.truth
    assert first.known == again.known
    for place, answer in first.answers.items():
        twin = again.answers[place]
        assert (answer.kind, first.body_of(answer)) == (twin.kind, again.body_of(twin))
    assert not {each.sha256 for each in first.known} & {each.sha256 for each in other.known}


def test_all_pictures_can_be_painted_beforehand(web: PracticeWeb) -> None:
    fresh = build(seed=5, pictures=60, port=8000)
    fresh.shelf.fill()
    for place, answer in fresh.answers.items():
        assert fresh.body_of(answer) == web.body_of(web.answers[place])


def test_too_small_a_web_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 60"):
        build(seed=1, pictures=59, port=8000)


def test_its_configuration_allows_loopback_and_says_why() -> None:
    scope = msgspec.convert(practice_document()["scope"], ScopeTable)
    assert [str(each.parsed()) for each in scope.allow_networks] == ["127.0.0.0/8"]
    assert all(each.reason for each in scope.allow_networks)
    assert {profile.gap_seconds for profile in PROFILES.values()} == {0.01}
