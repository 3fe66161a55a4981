"""Addresses and pages that never end, and those that only look like it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsel import Selector

from crawler.contract.frontier import Target
from crawler.contract.reasons import Reason
from crawler.sites.lookalikes import LookAlikes, shown, simhash
from crawler.sites.traps import Traps, repetition

TODAY = datetime(2026, 11, 23, tzinfo=UTC)


def traps() -> Traps:
    return Traps(TODAY.timestamp)


def reason(url: str, judge: Traps | None = None) -> Reason | None:
    refusal = (judge or traps()).refuse(url, "page")
    return None if refusal is None else refusal.reason


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/a1/b1/a1/b1/a1/b1/",
        "http://a.example/photos/photos/photos/1.html",
        "http://a.example/x/one/two/three/one/two/three/one/two/three",
        "http://a.example/1/1/1/1/1/1/",
        "http://a.example" + "".join(f"/folder{n}" for n in range(30)),
        "http://a.example/list?x=1&x=1&x=1",
    ],
)
def test_paths_that_repeat_themselves_are_recognised(url: str) -> None:
    assert reason(url) is Reason.REPEATING_PATH
    assert traps().refuse(url, "picture") is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/forum/forum/12",
        "http://a.example/0/0/0/17",
        "http://a.example/a/b/a/b/c",
        "http://a.example/a/b/c/a/d/a/e/a/",
        "http://a.example/2024/2024-05/2024-05-12/2024-05-12-kittens/",
        "http://a.example/list?tag=a&tag=b&tag=c",
        "http://a.example//a//b//",
        "http://a.example" + "".join(f"/folder{n}" for n in range(20)),
    ],
)
def test_deep_and_odd_paths_that_end_are_not(url: str) -> None:
    assert reason(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/calendar/2031/5",
        "http://a.example/calendar/3024",
        "http://a.example/kalender/1874/12/",
        "http://a.example/events/2028-05/",
        "http://a.example/2031/05/12/",
        "http://a.example/?date=2031-05-12",
        "http://a.example/?day=20310512",
        "http://a.example/index.php?year=2031&month=5",
        "http://a.example/agenda.php?y=2031",
        "http://a.example/archive/1066/10",
    ],
)
def test_calendars_far_from_today_are_recognised(url: str) -> None:
    assert reason(url) is Reason.CALENDAR


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/calendar/2026/12",
        "http://a.example/calendar/2027/11",
        "http://a.example/archive/1998/05",
        "http://a.example/2003/05/12/kittens/",
        "http://a.example/topic/3024/2",
        "http://a.example/thread/2850/12/",
        "http://a.example/album/5000",
        "http://a.example/viewtopic.php?t=3024&y=5",
        "http://a.example/topic/9999-12-things",
        "http://a.example/events/kittens-3000/",
        "http://a.example/?y=2031",
        "http://a.example/?date=yesterday",
    ],
)
def test_dates_near_today_and_numbers_are_not(url: str) -> None:
    assert reason(url) is None


def test_a_calendar_ends_a_year_from_today_and_not_before() -> None:
    seen = {
        ahead: reason(f"http://a.example/calendar?date={(TODAY + timedelta(days=ahead)):%Y-%m-%d}")
        for ahead in range(0, 2000, 7)
    }
    assert all(found is None for ahead, found in seen.items() if ahead < 366)
    assert all(found is Reason.CALENDAR for ahead, found in seen.items() if ahead > 366 + 31)


def filters() -> Iterator[str]:
    for color, size, sort, view in product(range(8), range(6), ("asc", "desc"), ("grid", "list", "table")):
        yield f"http://shop.example/list?cat=5&color={color}&size={size}&sort={sort}&view={view}"


def test_filters_in_all_their_combinations_are_cut_off() -> None:
    judge = traps()
    judged = [reason(url, judge) for url in filters()]
    assert judged[:200] == [None] * 200
    assert set(judged[200:]) == {Reason.TOO_MANY_VARIANTS}
    assert [reason(url, judge) for url in filters()][:200] == [None] * 200, "what was followed once may be linked again"
    assert reason("http://shop.example/list?cat=6&color=1&size=1&sort=asc&view=grid", judge) is None


def test_filters_that_come_and_go_are_cut_off() -> None:
    judge = traps()
    judged = [
        reason(
            "http://shop.example/list?"
            + "&".join(f"{name}=1" for bit, name in enumerate("abdehijlmno") if n >> bit & 1),
            judge,
        )
        for n in range(1, 200)
    ]
    assert judged.count(None) < 40
    assert set(judged) == {None, Reason.TOO_MANY_VARIANTS}


@pytest.mark.parametrize(
    "pattern",
    [
        "http://f.example/viewtopic.php?t={n}&sort=asc",
        "http://f.example/viewtopic.php?f={few}&t={n}&start={few}",
        "http://f.example/index.php?x={n}",
        "http://f.example/index.php?action={few}&x={n}",
        "http://f.example/index.php?what=topic&nummer={n}&vorm=lijst",
        "http://f.example/board.php?f={few}&page={n}",
        "http://f.example/board.php?forum={few}&sort=new&offset={n}",
        "http://f.example/displayimage.php?album={few}&pos={n}&lang=nl",
        "http://f.example/gallery/{n}?sort=date&view=large",
        "http://f.example/gallery/{n}/{few}",
        "http://f.example/search?q={n}&sort=date",
        "http://f.example/list?page={n}&sort=date&dir=desc&view=grid&per_page=50",
    ],
)
def test_boards_with_many_topics_long_lists_and_albums_are_not(pattern: str) -> None:
    judge = traps()
    assert not any(reason(pattern.format(n=n, few=n % 7), judge) for n in range(5_000))


def test_a_report_has_its_own_count() -> None:
    judge = traps()
    for url in filters():
        judge.refuse(url, "page")
    assert (
        judge.refuse("http://shop.example/list?cat=5&color=9&size=9&sort=asc&view=grid", "page", report_id="r1") is None
    )


def test_pictures_are_not_held_back_by_their_variants() -> None:
    judge = traps()
    assert not any(judge.refuse(f"{url}&w={n}", "picture") for n, url in enumerate(filters()))
    assert judge.refuse("http://a.example/calendar/2031/5.jpg", "picture") is None


@given(st.lists(st.sampled_from(["a", "bb", "ccc", "12"]), max_size=40))
def test_a_path_without_repetition_and_of_common_depth_is_never_one(segments: list[str]) -> None:
    path = "/" + "/".join(f"{segment}{place}" for place, segment in enumerate(segments[:20]))
    assert repetition(path) is None


def name(number: int) -> str:
    return "".join(chr(97 + number // 26**place % 26) for place in range(3))


SENTENCES = [
    f"{name(n)} writes about {name(n * n)} kittens at play in the garden of {name(n * 7)}." for n in range(400)
]


def page_of(words: str) -> Selector:
    return Selector(f"<html><head><title>x</title></head><body><p>{words}</p><script>ignored</script></body></html>")


def walk(looks: LookAlikes, pages: list[tuple[str, list[str]]], *, hop: bool = False) -> list[bool]:
    """Each page leads to the next; returns which were one too many."""
    chain: tuple[str, ...] = ()
    found = []
    for number, (words, pictures) in enumerate(pages):
        url = f"http://a.example/{number}"
        target = Target(fingerprint=number, url=url, host="a.example", site="a", kind="page", chain=chain)
        found.append(looks.seen(target, page_of(words), pictures))
        chain = (*chain, url, *([f"{url}/hop"] if hop else []))
    return found


def test_a_chain_of_pages_that_look_alike_is_cut_off() -> None:
    same = " ".join(SENTENCES[:40])
    assert walk(LookAlikes(), [(same, ["logo.png"])] * 8) == [False] * 5 + [True] * 3
    assert walk(LookAlikes(), [(same, [])] * 8, hop=True) == [False] * 5 + [True] * 3


def test_one_changing_number_among_many_words_is_no_difference() -> None:
    same = " ".join(SENTENCES[:100])
    assert walk(LookAlikes(), [(f"{same} Session {n}.", []) for n in range(9)])[-1]


def test_pages_that_count_up_or_tell_the_time_are_alike_whatever_the_number() -> None:
    assert walk(LookAlikes(), [(f"Item {n} seen {n * 977} times", []) for n in range(7)]) == [False] * 5 + [True] * 2


def test_pages_of_a_list_topics_and_viewers_are_not_alike() -> None:
    menu = " ".join(SENTENCES[:30])
    lists = [(menu + " ".join(SENTENCES[50 + n * 10 : 60 + n * 10]), ["logo.png"]) for n in range(30)]
    topics = [(menu + SENTENCES[100 + n * 2] + SENTENCES[101 + n * 2], ["logo.png"]) for n in range(30)]
    viewers = [(menu, ["logo.png", f"{n}.jpg"]) for n in range(30)]
    for pages in (lists, topics, viewers):
        assert not any(walk(LookAlikes(), pages))


def test_pages_that_look_alike_side_by_side_are_no_chain() -> None:
    looks = LookAlikes()
    walk(looks, [("A list of links.", [])])
    for number in range(50):
        url = f"http://a.example/download/{number}"
        target = Target(
            fingerprint=number, url=url, host="a.example", site="a", kind="page", chain=("http://a.example/0",)
        )
        assert not looks.seen(target, page_of("Your download starts in 5 seconds."), [])


def test_what_is_hidden_is_not_compared_and_what_is_no_tree_is_empty() -> None:
    assert shown(page_of("one two")) == ["<html", "<body", "<p", "one", "two"]
    assert shown(Selector('{"a": 1}', type="json")) == []
    assert simhash([]) == simhash([])


@given(st.lists(st.text(), max_size=50))
def test_a_fingerprint_of_looks_has_256_bits_and_is_the_same_again(words: list[str]) -> None:
    assert 0 <= simhash(words) < 2**256
    assert simhash(words) == simhash(list(words))
