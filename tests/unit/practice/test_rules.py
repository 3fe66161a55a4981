"""What stands before the answers: locks that open to those who bring the key, and to nobody else."""

import base64
import re
from collections.abc import Mapping

import pytest

from crawler.contract.sites import SiteProfile
from tests.unit.practice.conftest import TODAY
from tests.unit.practice.visiting import Visitor, directory, links_on
from zoeklicht.practice.answers import Answer
from zoeklicht.practice.features import Feature
from zoeklicht.practice.sites import doors, image_board, manners, members
from zoeklicht.practice.web import PracticeWeb

SITES = directory(8000)


@pytest.fixture
def visitor(full: PracticeWeb) -> Visitor:
    return Visitor(full)


def planted(full: PracticeWeb, feature: Feature, host: str = "") -> list[str]:
    found = [each.url for each in full.truth.planted if each.feature == feature and host in each.url]
    assert found
    return found


def at(host: str, target: str) -> str:
    return f"http://{host}:8000{target}"


def cookie_of(answer: Answer) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


def basic(user: str, password: str) -> Mapping[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    ("feature", "host", "key", "wrong"),
    [
        ("age_gate", doors.AGE_GATE, {"cookie": "a=b; over18=yes"}, {"cookie": "over18=no"}),
        (
            "referrer",
            doors.REFERRER,
            {"referer": at(doors.REFERRER, "/album")},
            {"referer": at(doors.REFERRER, "/")},
        ),
        (
            "referrer",
            doors.REFERRER_FIXED,
            {"referer": at(doors.REFERRER_FIXED, doors.FIXED_PAGE)},
            {"referer": at(doors.REFERRER_FIXED, "/album")},
        ),
        (
            "referrer",
            doors.REFERRER_LINKING,
            {"referer": at(doors.REFERRER, "/elsewhere")},
            {"referer": at(doors.REFERRER_LINKING, "/")},
        ),
        ("basic_auth", doors.BASIC_AUTH, basic("lamp", "light-in-the-window"), basic("lamp", "dark")),
        ("fixed_cookie", doors.FIXED_COOKIE, {"cookie": "guest_pass=blue-heron"}, {"cookie": "guest_pass=grey-heron"}),
        ("user_agent", doors.USER_AGENT, {"user-agent": doors.AGENT}, {"user-agent": "Zoeklicht/0.1"}),
    ],
)
def test_a_door_opens_to_the_right_key_alone(
    full: PracticeWeb, visitor: Visitor, feature: Feature, host: str, key: dict[str, str], wrong: dict[str, str]
) -> None:
    for picture in planted(full, feature, host):
        assert visitor.status(picture) in {401, 403}
        assert visitor.status(picture, wrong) in {401, 403}
        assert visitor.status(picture, key) == 200
    touched = visitor.touched()
    assert touched.refused == {feature: 2 * len(planted(full, feature, host))}
    assert touched.pictures.requests == len(planted(full, feature, host))
    assert visitor.status(at(host, "/robots.txt")) == 200


def test_the_age_gate_is_shown_in_place_of_pages_and_passed_by_its_enter_page(visitor: Visitor) -> None:
    gate = visitor.ask(at(doors.AGE_GATE, "/album"))
    assert (gate.status, gate.kind) == (200, "refused")
    profile = SITES.profiles["practice-age-gate"]
    assert profile.cookies is not None
    assert profile.cookies.gate is not None
    assert profile.cookies.visit_first is not None
    assert re.search(profile.cookies.gate, gate.body.decode())
    enter = visitor.ask(profile.cookies.visit_first)
    album = visitor.ask(at(doors.AGE_GATE, "/album"), {"cookie": cookie_of(enter)})
    assert album.kind == "page"
    assert not re.search(profile.cookies.gate, album.body.decode())
    assert visitor.touched().entries.requests == 1


def test_basic_authentication_names_its_realm(visitor: Visitor) -> None:
    refused = visitor.ask(at(doors.BASIC_AUTH, "/album"))
    assert (refused.status, refused.headers["www-authenticate"]) == (401, 'Basic realm="practice"')


def log_in(visitor: Visitor, **changes: str) -> Answer:
    """Fill in the form as a person would."""
    form = visitor.ask(at(members.MEMBERS, members.LOGIN))
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.body.decode())
    fields = {**dict(hidden), "username": members.USER, "password": members.PASSWORD, **changes}
    headers = {"cookie": cookie_of(form)}
    return visitor.ask(at(members.MEMBERS, members.LOGIN_POST), headers, method="POST", form=fields)


def test_members_see_what_visitors_do_not(full: PracticeWeb, visitor: Visitor) -> None:
    pictures = planted(full, "members")
    login = SITES.profiles["practice-members"].login
    assert login is not None
    board = at(members.MEMBERS, "/members/board")
    shut = visitor.ask(board)
    assert (shut.status, shut.kind) == (200, "refused")
    assert not re.search(login.success, shut.body.decode())
    assert all(visitor.status(picture) == 403 for picture in pictures)

    entered = log_in(visitor)
    assert entered.status == 302
    session = {"cookie": cookie_of(entered)}
    shown = visitor.ask(board, session)
    assert shown.kind == "page"
    assert re.search(login.success, shown.body.decode())
    assert all(visitor.status(picture, session) == 200 for picture in pictures)
    touched = visitor.touched()
    assert (touched.noted["logins"], touched.noted["logins_refused"]) == (1, 0)
    assert not any(touched.forbidden.values())


def test_a_session_ends_and_one_can_log_in_again(visitor: Visitor) -> None:
    board = at(members.MEMBERS, "/members/board")
    session = {"cookie": cookie_of(log_in(visitor))}
    kinds = [visitor.ask(board, session).kind for _ in range(members.REQUESTS_A_SESSION + 1)]
    assert kinds == ["page"] * members.REQUESTS_A_SESSION + ["refused"]
    assert visitor.touched().noted["sessions_ended"] == 1
    again = {"cookie": cookie_of(log_in(visitor))}
    assert again != session
    assert visitor.ask(board, again).kind == "page"


@pytest.mark.parametrize(
    "changes", [{"form_token": "made up"}, {"password": "guessed"}, {"username": "ibis"}, {"username": ""}]
)
def test_a_wrong_login_opens_nothing_and_is_counted(visitor: Visitor, changes: dict[str, str]) -> None:
    refused = log_in(visitor, **changes)
    assert "set-cookie" not in refused.headers
    assert refused.location is None
    assert visitor.touched().noted["logins_refused"] == 1


def test_a_form_is_good_for_one_login(visitor: Visitor) -> None:
    form = visitor.ask(at(members.MEMBERS, members.LOGIN))
    token = re.findall(r'name="form_token" value="([^"]*)"', form.body.decode())[0]
    fields = {"form_token": token, "username": members.USER, "password": members.PASSWORD}
    post = at(members.MEMBERS, members.LOGIN_POST)
    statuses = [visitor.ask(post, {"cookie": cookie_of(form)}, method="POST", form=fields).status for _ in range(2)]
    assert statuses == [302, 403]


def test_messages_and_acting_links_are_counted_when_they_are_touched(visitor: Visitor) -> None:
    visitor.ask(at(members.MEMBERS, "/ucp?i=pm&folder=inbox"))
    visitor.ask(at(members.MEMBERS, "/ucp?mode=logout"))
    visitor.ask(at(members.MEMBERS, "/quickreply"), method="POST", form={"message": "hello"})
    touched = visitor.touched()
    assert {kind: times for kind, times in touched.forbidden.items() if times} == {
        "messages": 1,
        "acting": 1,
        "method": 1,
    }


def thread(place: int) -> str:
    return at(image_board.BOARD, f"/b/thread/{104_200 + place}")


def test_a_hasty_thread_is_pruned_with_its_pictures_after_so_many_other_pages(visitor: Visitor) -> None:
    hasty = image_board.HASTY[0]
    pictures = [url for url in links_on(thread(hasty), visitor.ask(thread(hasty)), SITES) if "/b/src/" in url]
    assert len(pictures) == 6
    for place in range(20, 20 + image_board.HASTY_PAGES - 1):
        visitor.ask(thread(place % 48 if place not in image_board.GONE else 12))
    assert {visitor.status(url) for url in pictures} == {200}
    visitor.ask(at(image_board.BOARD, "/b/catalog"))
    visitor.ask(at(image_board.BOARD, "/b/catalog"))
    assert {visitor.status(url) for url in (*pictures, thread(hasty))} == {404}


def test_a_thread_can_be_there_once_and_leave_its_pictures(visitor: Visitor) -> None:
    first = visitor.ask(thread(image_board.ONCE))
    pictures = [url for url in links_on(thread(image_board.ONCE), first, SITES) if "/b/src/" in url]
    assert visitor.status(thread(image_board.ONCE)) == 404
    assert {visitor.status(url) for url in pictures} == {200}


def test_the_catalogue_lists_threads_that_are_gone(full: PracticeWeb, visitor: Visitor) -> None:
    listed = links_on(at(image_board.BOARD, "/b/catalog"), visitor.ask(at(image_board.BOARD, "/b/catalog")), SITES)
    gone = {thread(place) for place in image_board.GONE}
    assert gone <= set(listed)
    assert gone <= {each.url for each in full.truth.broken}
    assert {visitor.status(url) for url in gone} == {404}


@pytest.mark.parametrize(
    ("trap", "start"),
    [
        ("calendar", at("127.0.0.40", "/")),
        ("repetition", at("127.0.0.41", "/")),
        ("facets", at("127.0.0.42", "/")),
        ("near_identical", at("127.0.0.43", "/")),
    ],
)
def test_each_trap_takes_in_a_crawler_that_follows_everything_and_lets_go_of_it_at_last(
    full: PracticeWeb, visitor: Visitor, trap: Feature, start: str
) -> None:
    waiting, seen = [start], {start}
    while waiting:
        url = waiting.pop(0)
        new = [link for link in links_on(url, visitor.ask(url), SITES) if link not in seen]
        seen |= set(new)
        waiting += new
    touched = visitor.touched()
    assert touched.traps.keys() == {trap}
    at_most = full.truth.trapped_at_most[trap]
    assert 2 * at_most < touched.traps[trap] < 60 * at_most
    assert set(planted(full, trap)) <= seen


def test_a_trap_has_a_bottom(full: PracticeWeb, visitor: Visitor) -> None:
    pages = 3 * full.truth.trapped_at_most["near_identical"]
    answers = [visitor.ask(at("127.0.0.43", f"/item/{number}")) for number in range(pages + 1)]
    assert [answer.status for answer in answers] == [200] * pages + [404]
    assert visitor.touched().traps == {"near_identical": pages + 1}


def test_the_calendar_shows_its_pictures_this_month_and_the_last(full: PracticeWeb, visitor: Visitor) -> None:
    assert (TODAY.year, TODAY.month) == (2026, 11)
    shown = {
        month: [url for url in links_on(url, visitor.ask(url), SITES) if "/pictures/" in url]
        for month in ("2026-09", "2026-10", "2026-11", "2026-12")
        for url in (at("127.0.0.40", f"/calendar?month={month}"),)
    }
    assert [len(pictures) for pictures in shown.values()] == [0, 2, 2, 0]
    assert set(planted(full, "calendar")) <= {*shown["2026-10"], *shown["2026-11"]}


def test_throttling_asks_for_silence_and_hears_who_does_not_keep_it(visitor: Visitor) -> None:
    page = at(manners.THROTTLING, "/page/1")
    for _ in range(8):
        assert visitor.status(page) == 200
    answer = visitor.ask(page)
    assert (answer.status, answer.headers["retry-after"]) == (429, "1")
    visitor.now += 0.9
    visitor.ask(page)
    assert visitor.touched().forbidden["too_soon"] == 1
    visitor.now += 0.2
    statuses = []
    for _ in range(5):
        statuses.append(visitor.status(page))
        visitor.now += 1.01
    assert statuses == [200, 200, 503, 503, 200]
    touched = visitor.touched()
    assert touched.forbidden["too_soon"] == 1
    assert touched.noted["throttled"] == 3


def test_pages_before_robots_txt_was_to_be_had_are_too_soon(visitor: Visitor) -> None:
    robots, page = at(manners.ROBOTS_UNREACHABLE, "/robots.txt"), at(manners.ROBOTS_UNREACHABLE, "/")
    assert [visitor.status(robots), visitor.status(robots)] == [503, 503]
    visitor.ask(page)
    assert visitor.touched().forbidden["too_soon"] == 1
    assert visitor.status(robots) == 200
    visitor.ask(page)
    assert visitor.touched().forbidden["too_soon"] == 1


def test_a_crawl_delay_is_in_robots_txt_and_in_the_truth(full: PracticeWeb, visitor: Visitor) -> None:
    robots = visitor.ask(at(manners.CRAWL_DELAY, "/robots.txt")).body.decode()
    assert f"Crawl-delay: {full.truth.least_gaps_s[manners.CRAWL_DELAY]}\n" in robots
    profile: SiteProfile = SITES.profiles["practice-crawl-delay"]
    assert profile.gap_seconds < full.truth.least_gaps_s[manners.CRAWL_DELAY]


def test_unchanged_pictures_are_told_by_their_validators(full: PracticeWeb, visitor: Visitor) -> None:
    answers = {url: visitor.ask(url) for url in planted(full, "validators")}
    told = [(("etag" in each.headers), ("last-modified" in each.headers)) for each in answers.values()]
    assert sorted(told) == [(False, False), (False, True), (True, False), (True, True)]
    for url, answer in answers.items():
        conditions = {}
        if "etag" in answer.headers:
            conditions["if-none-match"] = answer.headers["etag"]
        if "last-modified" in answer.headers:
            conditions["if-modified-since"] = answer.headers["last-modified"]
        assert visitor.status(url, conditions) == (304 if conditions else 200)
        assert visitor.status(url, {"if-none-match": '"another"'}) == 200
    touched = visitor.touched()
    assert (touched.noted["conditional"], touched.noted["not_modified"]) == (7, 3)


def test_a_page_grows_when_it_is_told_to(full: PracticeWeb, visitor: Visitor) -> None:
    page = at("127.0.0.54", "/")
    first = set(links_on(page, visitor.ask(page), SITES))
    for step in (1, 2, 3):
        new = {each.url for each in full.truth.later if each.need == f"grown {step}"}
        assert {visitor.status(url) for url in new} == {404}
        visitor.grow()
        grown = set(links_on(page, visitor.ask(page), SITES))
        assert grown - first == new
        assert {visitor.status(url) for url in new} == {200}
        first = grown


def test_requests_are_counted_by_address_and_by_name(visitor: Visitor) -> None:
    front = visitor.ask(at("127.0.0.20", "/"))
    albums = links_on(at("127.0.0.20", "/"), front, SITES)
    for album in albums:
        visitor.now += 0.25
        assert visitor.status(album) == 200
    touched = visitor.touched()
    assert touched.hosts["127.0.0.20"].requests == 5
    assert touched.hosts["127.0.0.20"].smallest_gap_s == pytest.approx(0.25)
    assert {name: seen.requests for name, seen in touched.names.items()} == {
        "127.0.0.20": 2,
        "2130706452": 1,
        "0x7f000014": 1,
        "127.0.20": 1,
    }


def test_redirects_lead_to_pictures_by_every_status_and_several_hops(full: PracticeWeb, visitor: Visitor) -> None:
    reached = set()
    for start in (*(f"/by/{status}" for status in (301, 302, 303, 307, 308)), "/hop/0"):
        url = at("127.0.0.44", start)
        while (answer := visitor.ask(url)).location is not None:
            (url,) = links_on(url, answer, SITES)
        assert answer.kind == "picture"
        reached.add(url)
    assert reached == set(planted(full, "redirects"))
