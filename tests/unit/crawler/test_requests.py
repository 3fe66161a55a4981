"""What a request says of itself, and which page it names as the one it comes from."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.contract.frontier import Lease, Target
from crawler.contract.reports import Report
from crawler.contract.sites import SiteProfile
from crawler.fetching.referring import referrer_of
from crawler.fetching.requests import request_of
from crawler.sites import SiteDirectory

LINKING = "https://www.a.example/list?page=2"


def profile(**more: Any) -> SiteProfile:
    return SiteProfile(**{"name": "a", "type": "other", "hosts": (".a.example", "a.example"), **more})


def target(url: str, *chain: str, **more: Any) -> Target:
    host = url.split("/")[2]
    return Target(fingerprint=1, url=url, host=host, site="a", kind="page", chain=chain, depth=len(chain), **more)


def named(rule: SiteProfile, url: str, *chain: str, report: Report | None = None, **more: Any) -> str | None:
    other = SiteProfile(name="b", type="other", hosts=("b.example",))
    return referrer_of(target(url, *chain, **more), rule, SiteDirectory([rule, other]), report)


def report(referrer: str) -> Report:
    return Report(id="r", source="public", received_at=datetime(2026, 1, 1, tzinfo=UTC), referrer=referrer)


@pytest.mark.parametrize(
    ("rule", "url", "linking", "told"),
    [
        ("same_site", "https://img.a.example/1", LINKING, LINKING),
        ("same_site", "https://a.example/1", "https://b.example/x", None),
        ("same_site", "http://a.example/1", LINKING, None),
        ("linking_page", "https://a.example/1", "https://b.example/x", "https://b.example/x"),
        ("linking_page", "https://a.example/1", "https://elsewhere.example/x", None),
        ("none", "https://a.example/1", "https://a.example/", None),
    ],
)
def test_the_linking_page_is_named_as_far_as_the_rule_goes(rule: Any, url: str, linking: str, told: str | None) -> None:
    assert named(profile(referrer=rule), url, linking) == told


def test_a_fixed_page_is_named_always_and_without_secrets() -> None:
    rule = profile(referrer="fixed", referrer_url="https://me:pw@portal.example#top")
    assert named(rule, "https://a.example/") == "https://portal.example/"


def test_reported_hosts_that_no_profile_names_are_not_one_site() -> None:
    rule = profile(hosts=("*",))
    assert named(rule, "https://x.example/1", "https://y.example/") is None
    assert named(rule, "https://x.example/1", "https://x.example/") == "https://x.example/"


def test_what_a_report_states_wins_for_what_it_reports_and_redirects_from_there() -> None:
    said = report("https://portal.example/list")
    assert named(profile(referrer="none"), "https://a.example/", report=said) == "https://portal.example/list"
    hop = referrer_of(
        Target(
            fingerprint=1,
            url="https://a.example/2",
            host="a.example",
            site="a",
            kind="page",
            chain=("https://a.example/1",),
            hops=1,
        ),
        profile(),
        SiteDirectory([profile()]),
        said,
    )
    assert hop == "https://portal.example/list"
    assert named(profile(), "https://a.example/2", "https://a.example/1", report=said) == "https://a.example/1"


@pytest.mark.parametrize("nonsense", ["javascript:alert(1)", "not an address", "http://", "file:///etc/passwd"])
def test_a_report_that_states_no_address_names_none(nonsense: str) -> None:
    assert named(profile(), "https://a.example/", report=report(nonsense)) is None


def test_a_profiles_own_headers_replace_the_usual_ones() -> None:
    lease = Lease(id="1", target=target("https://a.example/"), expires_at=0.0)
    rule = profile(user_agent="Hotline/2", headers={"accept": "text/html", "X-By": "h"})
    request = request_of(lease, rule, errback=lambda _: None)
    assert request.method == "GET"
    assert request.headers.to_unicode_dict() == {
        "Accept": "text/html",
        "Accept-Language": "nl,en;q=0.8",
        "User-Agent": "Hotline/2",
        "X-By": "h",
    }
