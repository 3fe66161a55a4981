"""From links to targets."""

from pathlib import Path
from typing import Any

import pytest

from crawler.contract.access import BasicAuth
from crawler.contract.errors import ConfigError
from crawler.contract.frontier import PRIORITY_PICTURE, PRIORITY_REPORT, Target
from crawler.contract.pages import Link
from crawler.contract.reasons import Reason
from crawler.contract.sites import Rewrite, SiteProfile
from crawler.fetching.seeding import default_judge
from crawler.sites import Judge, Refusal, SiteDirectory

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


@pytest.mark.parametrize("name", ["all.zip", "old.tar.gz", "style.CSS", "set.7z"])
def test_style_sheets_and_archives_are_no_pages_that_a_profile_would_name(name: str) -> None:
    choosy = SiteProfile(name="choosy", type="forum", hosts=("forum.example",), page_links=(r"/topic/\d+",))
    judge = default_judge(SiteDirectory([choosy]))
    parent = judge.seed("http://forum.example/")
    assert isinstance(parent, Target)
    assert isinstance(judge.link(Link(url=f"http://forum.example/files/{name}", kind="page"), parent), Target)


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
    assert reported.priority == PRIORITY_REPORT
    assert found.priority < PRIORITY_PICTURE
    assert found.report_id == "r1"


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


def judge_of(*profiles: SiteProfile) -> Judge:
    return default_judge(SiteDirectory(profiles))


def profile(**changes: Any) -> SiteProfile:
    whole: dict[str, Any] = {"name": "f", "type": "forum", "hosts": ("f.example",), **changes}
    return SiteProfile(**whole)


def target(judged: Target | Refusal) -> Target:
    assert isinstance(judged, Target), judged
    return judged


def page(judge: Judge, url: str, parent: Target) -> Target | Refusal:
    return judge.link(Link(url=url, kind="page"), parent)


REPORTED = SiteProfile(name="reported", type="other", hosts=("*",), gap_seconds=5.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://f.example", "http://f.example/"),
        ("http://F.Example:80/a", "http://f.example/a"),
        ("https://f.example:443/a", "https://f.example./a"),
        ("http://f.example/a/./b/../c", "http://f.example/a/c"),
        ("http://f.example/%2e%2E/a", "http://f.example/a"),
        ("http://f.example/a?x=1&utm_source=y&fbclid=z", "http://f.example/a?x=1"),
        ("http://f.example/a?PHPSESSID=abc&x=1", "http://f.example/a?x=1"),
        ("http://f.example/a;jsessionid=0F0F?x=1", "http://f.example/a?x=1"),
        ("http://f.example/v.php?t=1&sid=0123456789abcdef0123456789abcdef", "http://f.example/v.php?t=1"),
        ("http://f.example/v.php?s=0123456789abcdef0123456789abcdef&t=1", "http://f.example/v.php?t=1"),
        ("http://f.example/a?highlight=kittens&x=1", "http://f.example/a?x=1"),
        ("http://f.example/a?hIghlight=&x=1", "http://f.example/a?x=1"),
    ],
)
def test_what_does_not_change_the_page_is_cut_before_it_is_fetched(one: str, other: str) -> None:
    judge = judge_of(profile(ignored_parameters=("highlight",)))
    first, second = target(judge.seed(one)), target(judge.seed(other))
    assert (first.url, first.fingerprint) == (second.url, second.fingerprint)


@pytest.mark.parametrize(
    "url",
    [
        "http://f.example/a?sid=55",
        "http://f.example/a?session=summer",
        "http://f.example/p/1.jpg?w=100&s=0123456789abcdef0123456789abcdef",
        "http://f.example/a?x=%41&y=a+b&z",
        "http://f.example/a//b",
        "http://f.example/a;b=c/d",
        "http://f.example:8080/",
    ],
)
def test_the_rest_of_an_address_stays_as_it_is(url: str) -> None:
    assert target(judge_of(profile()).seed(url)).url == url


def test_a_redirect_is_asked_for_as_the_server_spells_it() -> None:
    judge = judge_of(profile())
    start = target(judge.seed("http://f.example/a"))
    hop = target(judge.redirect("http://f.example/a?PHPSESSID=abc", start, max_hops=5))
    assert hop.url == "http://f.example/a?PHPSESSID=abc"
    assert hop.fingerprint == start.fingerprint


def test_a_password_in_an_address_is_not_kept() -> None:
    assert target(judge_of(profile()).seed("http://user:secret@f.example/")).url == "http://f.example/"


@pytest.mark.parametrize(
    "spelling", ["http://b\u00fccher.example/", "http://B\u00dcCHER.example/", "http://xn--bcher-kva.example/"]
)
def test_names_in_other_alphabets_are_one_however_they_are_spelled(spelling: str) -> None:
    for written in ("b\u00fccher.example", "xn--bcher-kva.example"):
        assert target(judge_of(profile(hosts=(written,))).seed(spelling)).host == "xn--bcher-kva.example"


def test_more_of_a_list_is_not_deeper_and_its_way_stays_short() -> None:
    judge = judge_of(profile(max_depth=1, next_links=(r"[?&]page=\d+$",), page_links=("/topic/",)))
    here = target(judge.seed("http://f.example/board"))
    for number in range(200):
        here = target(page(judge, f"http://f.example/board?page={number}", here))
    assert here.depth == 0
    assert len(here.chain) == 64
    assert here.chain[0] == "http://f.example/board"
    assert here.chain[-1] == "http://f.example/board?page=198"
    assert target(page(judge, "http://f.example/topic/1", here)).depth == 1
    assert reason_of(page(judge, "http://f.example/other", here)) is Reason.NOT_IN_PROFILE


def test_a_thumbnail_brings_its_full_picture() -> None:
    rewrites = (Rewrite(pattern=r"/thumbs/(\d+)_small", to=r"/pictures/\1"),)
    judge = judge_of(profile(full_pictures=rewrites))
    parent = target(judge.seed("http://f.example/"))
    found = list(judge.links(Link(url="http://f.example/thumbs/5_small.jpg", kind="picture"), parent))
    assert [link.url for link, _ in found] == [
        "http://f.example/thumbs/5_small.jpg",
        "http://f.example/pictures/5.jpg",
    ]
    assert all(isinstance(judged, Target) and judged.kind == "picture" for _, judged in found)
    assert len(list(judge.links(Link(url="http://f.example/other.jpg", kind="picture"), parent))) == 1


def test_links_that_act_are_refused_with_the_rule() -> None:
    judge = judge_of(profile(acting_links=("/thanks/",)))
    parent = target(judge.seed("http://f.example/"))
    assert page(judge, "http://f.example/thanks/3", parent) == Refusal(
        reason=Reason.ACTING_LINK, detail="profile: acting_links number 1"
    )
    link = Link(url="http://f.example/x/3", kind="page", hint="log out")
    assert judge.link(link, parent) == Refusal(reason=Reason.ACTING_LINK, detail="link says log")
    for judged in (
        judge.seed("http://f.example/logout", report_id="r1"),
        judge.redirect("http://f.example/logout", parent, max_hops=5),
    ):
        assert judged == Refusal(reason=Reason.ACTING_LINK, detail="path logout")


@pytest.mark.parametrize("location", ["/login?next=%2Fx", "/ucp.php?mode=login", "/wp-login.php", "/?r=site/login"])
def test_a_page_that_redirects_to_a_login_needs_one(location: str) -> None:
    judge = judge_of(profile())
    parent = target(judge.seed("http://f.example/x"))
    assert reason_of(judge.redirect(f"http://f.example{location}", parent, max_hops=5)) is Reason.NEEDS_LOGIN
    assert reason_of(page(judge, f"http://f.example{location}", parent)) is Reason.ACTING_LINK


def test_with_an_account_the_guard_is_stricter() -> None:
    access = BasicAuth(user_file=Path("u"), password_file=Path("p"))
    for site, reason in ((profile(), None), (profile(basic_auth=access), Reason.ACTING_LINK)):
        judge = judge_of(site)
        parent = target(judge.seed("http://f.example/"))
        assert reason_of(page(judge, "http://f.example/conversations/", parent)) is reason


def test_a_report_is_complete_even_where_the_crawl_was_before() -> None:
    judge = judge_of(profile())
    targets = [target(judge.seed("http://f.example/a", report_id=report)) for report in (None, "r1", "r2")]
    assert len({each.fingerprint for each in targets}) == 3
    children = [target(page(judge, "http://f.example/b", each)) for each in targets]
    assert len({each.fingerprint for each in children}) == 3
    assert target(judge.seed("http://f.example/a#x", report_id="r1")).fingerprint == targets[1].fingerprint


def test_what_is_near_a_reported_address_comes_before_what_is_far_from_another() -> None:
    judge = judge_of(profile())
    near = target(judge.seed("http://f.example/a", report_id="r1"))
    first = [judge.link(Link(url=f"http://f.example/{kind}", kind=kind), near) for kind in ("picture", "page")]
    far = near
    for number in range(20):
        far = target(page(judge, f"http://f.example/{number}", far))
    order = [near.priority, *(target(each).priority for each in first), far.priority, PRIORITY_PICTURE]
    assert order == sorted(set(order))


def test_a_reported_address_may_be_anywhere_but_what_it_leads_to_may_not() -> None:
    judge = judge_of(profile(), REPORTED)
    assert reason_of(judge.seed("http://new.example/album")) is Reason.OUTSIDE_SITES
    reported = target(judge.seed("http://new.example/album?PHPSESSID=1", report_id="r1"))
    assert (reported.site, reported.gap, reported.url) == ("reported", 5.0, "http://new.example/album?PHPSESSID=1")
    same = target(page(judge, "http://new.example/album/2", reported))
    assert same.site == "reported"
    assert reason_of(page(judge, "http://other.example/", same)) is Reason.OUTSIDE_SITES
    picture = target(judge.link(Link(url="http://pictures.example/view/1", kind="picture"), same))
    assert (picture.site, picture.report_id) == ("reported", "r1")
    # The picture turns out to be a page: its pictures are wanted, its links are not.
    assert reason_of(page(judge, "http://pictures.example/more", picture)) is Reason.OUTSIDE_SITES
    assert target(judge.link(Link(url="http://pictures.example/1.jpg", kind="picture"), picture)).depth == 3
    assert target(page(judge, "http://f.example/topic", same)).site == "f"


def test_a_reported_address_may_redirect_elsewhere_and_its_pages_may_not() -> None:
    judge = judge_of(REPORTED)
    short = target(judge.seed("http://short.example/x", report_id="r1"))
    album = target(judge.redirect("http://long.example/album", short, max_hops=5))
    album = target(judge.redirect("http://longer.example/album", album, max_hops=5))
    second = target(page(judge, "http://longer.example/album/2", album))
    assert reason_of(page(judge, "http://long.example/album", album)) is Reason.OUTSIDE_SITES
    assert reason_of(judge.redirect("http://elsewhere.example/", second, max_hops=5)) is Reason.OUTSIDE_SITES
    picture = target(judge.link(Link(url="http://longer.example/1.jpg", kind="picture"), second))
    assert target(judge.redirect("http://cdn.example/1.jpg", picture, max_hops=5)).site == "reported"


def test_a_crawl_reaches_no_host_by_the_profile_of_reported_addresses() -> None:
    judge = judge_of(profile(), REPORTED)
    parent = target(judge.seed("http://f.example/"))
    assert reason_of(judge.link(Link(url="http://new.example/1.jpg", kind="picture"), parent)) is Reason.OUTSIDE_SITES
    assert reason_of(judge.redirect("http://new.example/", parent, max_hops=5)) is Reason.OUTSIDE_SITES


def test_endless_addresses_are_refused_with_what_gives_them_away() -> None:
    judge = judge_of(profile())
    parent = target(judge.seed("http://f.example/"))
    refused = [
        page(judge, "http://f.example/x/y/x/y/x/y/z", parent),
        page(judge, "http://f.example/calendar/3024/5", parent),
        [
            page(judge, f"http://f.example/list?sort={n % 10}&view={n // 10 % 10}&size={n // 100}", parent)
            for n in range(400)
        ][-1],
    ]
    assert [reason_of(each) for each in refused] == [
        Reason.REPEATING_PATH,
        Reason.CALENDAR,
        Reason.TOO_MANY_VARIANTS,
    ]
    assert all(isinstance(each, Refusal) and each.detail for each in refused)
