"""What a robots.txt means (RFC 9309)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.fetching.robots_rules import (
    LONGEST_DELAY,
    MOST_BYTES,
    KnownRules,
    RobotsTxt,
    Rules,
    packed,
    text_of,
    unpacked,
)

AGENT = "Zoeklicht/0.1 (hotline crawler; crawler@hotline.example)"
URL = "https://host.example"


def rules(text: str, *, expires_at: float = 100.0) -> Rules:
    return Rules(RobotsTxt(state="read", text=text, expires_at=expires_at))


def test_the_group_of_our_name_counts_and_else_the_one_for_all() -> None:
    both = rules("User-agent: zoeklicht\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\n")
    assert not both.allows(f"{URL}/a/1", AGENT)
    assert both.allows(f"{URL}/b/1", AGENT)
    assert both.allows(f"{URL}/a/1", "Another/1.0")
    assert not both.allows(f"{URL}/b/1", "Another/1.0")


def test_the_longest_rule_wins_and_of_equals_the_one_that_allows() -> None:
    found = rules("User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/*.gif$\nDisallow: /c\nAllow: /c\n")
    assert not found.allows(f"{URL}/a/x", AGENT)
    assert found.allows(f"{URL}/a/b/1.jpg", AGENT)
    assert not found.allows(f"{URL}/a/b/1.gif", AGENT)
    assert found.allows(f"{URL}/c", AGENT)


def test_groups_for_one_name_are_taken_together() -> None:
    found = rules("User-agent: zoeklicht\nDisallow: /a\n\nUser-agent: x\nUser-agent: Zoeklicht\nDisallow: /b\n")
    assert not found.allows(f"{URL}/a", AGENT)
    assert not found.allows(f"{URL}/b", AGENT)


def test_a_byte_order_mark_hides_no_rule() -> None:
    assert not rules(text_of(b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n")).allows(f"{URL}/a", AGENT)


def test_without_rules_everything_may_be_asked_for() -> None:
    assert rules("").allows(f"{URL}/a", AGENT)


def test_one_that_cannot_be_had_disallows_everything() -> None:
    assert not Rules(RobotsTxt(state="unreachable", expires_at=1)).allows(f"{URL}/a", AGENT)


@pytest.mark.parametrize(
    ("delay", "gap"),
    [("5", 5.0), ("0.5", 0.5), ("0", 0.0), ("-3", 0.0), ("nan", 0.0), ("soon", 0.0), ("61", 60.0), ("1e12", 60.0)],
)
def test_a_crawl_delay_is_heeded_within_reason(delay: str, gap: float) -> None:
    assert rules(f"User-agent: *\nDisallow:\nCrawl-delay: {delay}\n").gap(AGENT) == gap


def test_a_crawl_delay_for_others_is_not_ours() -> None:
    found = rules("User-agent: slowbot\nCrawl-delay: 30\n\nUser-agent: *\nDisallow: /a\n")
    assert found.gap(AGENT) == 0
    assert found.gap("Slowbot/2") == 30


def test_only_whole_lines_within_the_limit_are_read() -> None:
    line = b"Disallow: /" + b"a" * 52 + b"\n"
    body = b"User-agent: *\nDisallow: /first\n" + line * (MOST_BYTES // len(line)) + b"Disallow: /last\n"
    text = text_of(body)
    assert len(text) <= MOST_BYTES
    assert text.endswith("a" * 52)
    assert not rules(text).allows(f"{URL}/first", AGENT)
    assert rules(text).allows(f"{URL}/last", AGENT)


def test_what_is_kept_holds_for_its_time() -> None:
    robots = RobotsTxt(state="read", text="User-agent: *\nDisallow: /a\n", expires_at=10.0)
    assert unpacked(packed(robots), 9.9) == robots
    assert unpacked(packed(robots), 10.0) is None
    assert unpacked(None, 0) is None
    assert unpacked(b"of another version", 0) is None


@given(st.binary(max_size=300))
def test_no_bytes_break_it(body: bytes) -> None:
    found = rules(text_of(body))
    assert isinstance(found.allows(f"{URL}/a", AGENT), bool)
    assert 0 <= found.gap(AGENT) <= LONGEST_DELAY


def test_rules_at_hand_end_with_their_time() -> None:
    known = KnownRules()
    known.put("a", rules("x", expires_at=10))
    assert known.get("a", 9) is not None
    assert known.get("a", 10) is None
    assert len(known) == 0


def test_those_used_longest_ago_make_room() -> None:
    known = KnownRules(most=3)
    for name in "abc":
        known.put(name, rules(""))
    assert known.get("a", 0) is not None
    known.put("d", rules(""))
    assert [known.get(name, 0) is not None for name in "abcd"] == [True, False, True, True]


def test_long_ones_make_room_sooner_and_one_alone_is_always_kept() -> None:
    known = KnownRules(most_characters=1_000)
    known.put("small", rules("#" * 400))
    known.put("large", rules("#" * 700))
    assert len(known) == 1
    known.put("huge", rules("#" * 5_000))
    assert known.get("huge", 0) is not None
    known.put("small", rules("#" * 400))
    known.put("small too", rules("#" * 400))
    known.put("small too", rules("#" * 400))
    assert len(known) == 2
