"""From links to targets."""

import pytest

from crawler.contract.errors import ConfigError
from crawler.contract.frontier import PRIORITY_PICTURE, PRIORITY_REPORT, Target
from crawler.contract.pages import Link
from crawler.contract.reasons import Reason
from crawler.contract.sites import SiteProfile
from crawler.fetching.seeding import default_judge
from crawler.sites import Refusal, SiteDirectory, acts

PROFILE = SiteProfile(
    name="host", type="image_host", hosts=("img.example", ".cdn.example"), gap_seconds=2.0, max_depth=3
)
JUDGE = default_judge(SiteDirectory([PROFILE]))


def seed(url: str = "http://img.example/") -> Target:
    target = JUDGE.seed(url)
    assert isinstance(target, Target)
    return target


def link(url: str, parent: Target | None = None) -> Target | Refusal:
    return JUDGE.link(Link(url=url, kind="picture"), parent or seed())


def reason_of(judged: Target | Refusal) -> Reason | None:
    return judged.reason if isinstance(judged, Refusal) else None


def test_a_link_on_the_site_becomes_a_target_with_its_way_and_pace() -> None:
    target = link("http://a.cdn.example/1.jpg#part")
    assert isinstance(target, Target)
    assert target.url == "http://a.cdn.example/1.jpg"
    assert target.host == "a.cdn.example"
    assert target.chain == ("http://img.example/",)
    assert (target.depth, target.gap, target.priority) == (1, 2.0, PRIORITY_PICTURE)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://other.example/1.jpg", Reason.OUTSIDE_SITES),
        ("http://cdn.example/", Reason.OUTSIDE_SITES),  # ".cdn.example" names its subdomains only
        ("http://img.example.evil.example/", Reason.OUTSIDE_SITES),
        ("http://img.example@evil.example/", Reason.OUTSIDE_SITES),
        ("http://2130706433/", Reason.OUTSIDE_SITES),
        ("ftp://img.example/1.jpg", Reason.UNSUPPORTED_SCHEME),
        ("file:///etc/passwd", Reason.UNSUPPORTED_SCHEME),
        ("javascript:alert(1)", Reason.UNSUPPORTED_SCHEME),
        ("data:image/png;base64,AAAA", Reason.UNSUPPORTED_SCHEME),
        ("http://[broken/", Reason.MALFORMED_LINK),
        ("http://img.example:port/", Reason.MALFORMED_LINK),
        ("http:///nohost", Reason.MALFORMED_LINK),
        ("http://img.example/" + "a" * 9000, Reason.MALFORMED_LINK),
        ("http://img.example/logout", Reason.ACTING_LINK),
    ],
)
def test_what_is_not_ours_to_fetch_is_refused_with_its_reason(url: str, reason: Reason) -> None:
    assert reason_of(link(url)) is reason


def test_hosts_are_compared_without_case_and_trailing_dot() -> None:
    assert isinstance(link("http://IMG.Example./1.jpg"), Target)


def test_pages_that_the_profile_does_not_ask_for_are_refused_and_pictures_are_not() -> None:
    choosy = SiteProfile(name="choosy", type="forum", hosts=("forum.example",), page_links=(r"/topic/\d+",))
    judge = default_judge(SiteDirectory([choosy]))
    parent = judge.seed("http://forum.example/")
    assert isinstance(parent, Target)
    judged = [
        judge.link(Link(url="http://forum.example/topic/5", kind="page"), parent),
        judge.link(Link(url="http://forum.example/members", kind="page"), parent),
        judge.link(Link(url="http://forum.example/avatar.jpg", kind="picture"), parent),
    ]
    assert isinstance(judged[0], Target)
    assert reason_of(judged[1]) is Reason.NOT_IN_PROFILE
    assert isinstance(judged[2], Target)


def test_links_too_far_from_the_seed_are_refused() -> None:
    parent = seed()
    for step in range(3):
        found = link(f"http://img.example/{step}", parent)
        assert isinstance(found, Target)
        parent = found
    assert reason_of(link("http://img.example/3", parent)) is Reason.TOO_DEEP


def test_what_comes_of_a_report_goes_first_and_bears_its_id() -> None:
    reported = JUDGE.seed("http://img.example/", report_id="r1")
    assert isinstance(reported, Target)
    found = link("http://img.example/1.jpg", reported)
    assert isinstance(found, Target)
    assert (found.priority, found.report_id) == (PRIORITY_REPORT, "r1")


def test_a_redirect_may_lead_back_but_not_for_ever() -> None:
    hop: Target | Refusal = seed()
    for _ in range(2):
        assert isinstance(hop, Target)
        hop = JUDGE.redirect("http://img.example/", hop, max_hops=2)
        assert not isinstance(hop, Target) or hop.force
    assert isinstance(hop, Target)
    assert reason_of(JUDGE.redirect("http://img.example/", hop, max_hops=2)) is Reason.TOO_MANY_REDIRECTS


def test_a_redirect_off_the_sites_is_refused() -> None:
    assert reason_of(JUDGE.redirect("http://169.254.169.254/", seed(), max_hops=5)) is Reason.OUTSIDE_SITES


def test_the_same_address_spelled_otherwise_is_the_same_target() -> None:
    one, other = link("http://img.example/a?x=1&y=2"), link("http://img.example/a?y=2&x=1#top")
    assert isinstance(one, Target)
    assert isinstance(other, Target)
    assert one.fingerprint == other.fingerprint


def test_two_sites_cannot_share_a_host() -> None:
    with pytest.raises(ConfigError, match="share a host"):
        SiteDirectory([PROFILE, SiteProfile(name="other", type="forum", hosts=("IMG.example",))])


@pytest.mark.parametrize(
    "url",
    [
        "http://f.example/logout",
        "http://f.example/user/logout.php",
        "http://f.example/index.php?action=report&post=3",
        "http://f.example/viewtopic.php?t=3&mode=quote",
        "http://f.example/post/3/delete",
        "http://f.example/upload/",
        "http://f.example/?do=vote",
        "http://f.example/ucp.php?mode=logout",
        "http://f.example/reverse-image?u=3",
        "http://f.example/topic/3?subscribe=1",
        "http://f.example/p%6fst/del%65te",
    ],
)
def test_links_that_act_are_recognised(url: str) -> None:
    assert acts(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://f.example/",
        "http://f.example/uploads/2024/1.jpg",
        "http://f.example/topic/report-from-the-sea",
        "http://f.example/viewtopic.php?t=3&start=20",
        "http://f.example/reports/yearly",
        "http://f.example/album/likes-and-dislikes/2",
        "http://f.example/?q=delete",
    ],
)
def test_links_that_only_sound_like_it_are_followed(url: str) -> None:
    assert not acts(url)
