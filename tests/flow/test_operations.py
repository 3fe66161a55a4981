"""What operations do with a crawl: open and close sites, add reports, prove coverage, schedule what comes again."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.flow.chain import Chain, wait_until
from tests.flow.scripted_site import Reply, Script, ScriptedSite, page, scripted_site
from tests.photographs import encoded
from zoeklicht.practice.configuration import OWN_MANDATE

A, B = "127.0.0.34", "127.0.0.35"
ALLOWED = [{"network": "127.0.0.0/8", "country": "NL", "reason": "test site"}]
PICTURE = Reply(encoded(Image.new("RGB", (64, 64), "grey"), "jpeg"), headers={"Content-Type": "image/jpeg"})

Make = Callable[..., Chain]


@pytest.fixture
def chain(tmp_path: Path) -> Make:
    def made(*sites: dict[str, Any], **tables: dict[str, Any]) -> Chain:
        made = Chain(
            tmp_path,
            {
                "sites": sites,
                "crawl": {"user_agent": "Zoeklicht/0.1 (tests)", "retry_seconds": 0.1, "max_attempts": 3},
                "scope": {"allow_networks": ALLOWED},
                **tables,
            },
        )
        made.run("keys", "create")
        return made

    return made


def site_of(site: ScriptedSite, name: str = "a", **profile: Any) -> dict[str, Any]:
    usual = {"name": name, "type": "image_host", "hosts": [site.host], "seeds": [f"{site.url}/"], "gap_seconds": 0}
    return {**usual, **profile}


def crawl(chain: Chain) -> None:
    chain.finish(chain.start("crawl", "--once"), timeout=60)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_without_a_mandate_that_holds_nothing_is_asked_for(chain: Make) -> None:
    script = {"/": page("/1.jpg"), "/1.jpg": PICTURE}
    with scripted_site(A, script) as open_site, scripted_site(B, script) as closed_site:
        expired = {**OWN_MANDATE, "expires": "2020-01-01"}
        crawl_of = chain(site_of(open_site), site_of(closed_site, "b", mandate=expired))
        crawl(crawl_of)
        assert open_site.paths() == ["/robots.txt", "/", "/1.jpg"]
        assert closed_site.paths() == []
        states = {row["name"]: row["closed"] for row in json.loads(crawl_of.run("status", "--json"))["sites"]}
        assert states["a"] is None
        assert "2020-01-01" in states["b"]
        waiting = {row["scope"]: row["pending"] for row in lines(crawl_of.run("coverage", "--json"))}
        assert waiting == {"a": 0, "b": 1}


def test_a_stopped_site_is_broken_off_within_seconds_and_goes_on_where_it_was(chain: Make) -> None:
    slow = [f"/{number}.jpg" for number in range(40)]
    script = {"/": page(*slow), **{path: Reply(PICTURE.body, headers=PICTURE.headers, seconds=0.2) for path in slow}}
    with scripted_site(A, script) as site:
        operated = chain(site_of(site))
        process = operated.start("crawl", "--once")
        wait_until(lambda: len(site.asked) > 5, seconds=30, what="the first pictures")
        operated.run("crawl", "stop", "a", "--reason", "the owner has called")
        time.sleep(1.5)
        asked = len(site.asked)
        assert asked < len(slow)
        time.sleep(2)
        assert len(site.asked) <= asked + 1
        assert json.loads(operated.run("status", "--json"))["halts"][0]["reason"] == "the owner has called"
        operated.finish(process)  # what is halted does not keep a crawl from ending
        operated.run("crawl", "resume", "a", "--reason", "agreed with the owner")
        crawl(operated)
        (covered,) = lines(operated.run("coverage", "--json"))
        assert (covered["pictures"], covered["pending"], covered["lost"]) == (40, 0, 0)
        actions = [json.loads(line)["action"] for line in (operated.state / "audit.jsonl").read_text().splitlines()]
        assert actions == ["crawl_stopped", "crawl_resumed"]


def test_a_report_tells_of_every_item_that_came_of_it(chain: Make) -> None:
    script = {
        "/": page("/1.jpg"),
        "/album": page("/1.jpg", "/gone.jpg", "/logout", "/more"),
        "/more": page("/2.jpg"),
        "/1.jpg": PICTURE,
        "/2.jpg": PICTURE,
    }
    with scripted_site(A, script) as site:
        operated = chain(site_of(site, page_links=["/more$"]))
        crawl(operated)
        operated.run("report", "add", f"{site.url}/album", "--source", "inhope", "--id", "R-1")
        crawl(operated)
        items = lines(operated.run("report", "show", "R-1", "--json", "--open", "--reason", "test"))
        told = {item["url"].removeprefix(site.url): (item["outcome"], item["reason"]) for item in items}
        assert told == {
            "/album": ("fetched", None),
            "/1.jpg": ("fetched", None),  # again, though the crawl had it: a report is complete in itself
            "/gone.jpg": ("failed", "not_found"),
            "/more": ("fetched", None),
            "/2.jpg": ("fetched", None),
        }
        assert {item["page_url"] for item in items if item["url"].endswith("/2.jpg")} == {f"{site.url}/more"}
        (covered,) = lines(operated.run("coverage", "R-1", "--json"))
        assert (covered["known"], covered["ended"], covered["lost"]) == (5, 5, 0)
        (cut,) = lines(operated.run("coverage", "R-1", "--cut", "--because", "acting_link", "--json"))
        assert (cut["host"], cut["report"]) == (A, "R-1")
        assert site.url not in operated.logs()


def test_a_report_states_what_is_needed_to_see_it(chain: Make, tmp_path: Path) -> None:
    with scripted_site(A, {"/p.jpg": PICTURE}) as site:
        operated = chain(site_of(site, seeds=[]))
        file = tmp_path / "reports.csv"
        file.write_text(f"url;reference;referrer;cookie\n{site.url}/p.jpg;R-2;http://b.example/thread;age=1\n")
        operated.run("report", "add", str(file), "--source", "police")
        crawl(operated)
        (asked,) = [asked for asked in site.asked if asked.path == "/p.jpg"]
        assert asked.headers["Referer"] == "http://b.example/thread"
        assert asked.headers["Cookie"] == "age=1"


def test_a_reported_address_on_a_host_of_no_site_is_followed_there_and_no_further(chain: Make) -> None:
    with scripted_site(B, {"/hosted.jpg": PICTURE, "/": page("/hosted.jpg")}) as other:
        script = {"/thread": page("/1.jpg", "/next", f"{other.url}/hosted.jpg", f"{other.url}/"), "/1.jpg": PICTURE}
        with scripted_site(A, {**script, "/next": page("/2.jpg"), "/2.jpg": PICTURE}) as site:
            operated = chain({"name": "reported", "type": "other", "hosts": ["*"], "gap_seconds": 0})
            operated.run("report", "add", f"{site.url}/thread", "--source", "public", "--id", "R-3")
            crawl(operated)
            assert sorted(site.paths()) == ["/1.jpg", "/2.jpg", "/next", "/robots.txt", "/thread"]
            assert sorted(other.paths()) == ["/hosted.jpg", "/robots.txt"]
            (covered,) = lines(operated.run("coverage", "R-3", "--json"))
            assert (covered["hashed"], covered["lost"]) == (3, 0)


def test_coverage_lists_what_was_cut_with_the_rule_that_decided(chain: Make) -> None:
    script = {"/": page("/view?action=delete", "http://elsewhere.example/x", "/1.jpg"), "/1.jpg": PICTURE}
    with scripted_site(A, script) as site:
        operated = chain(site_of(site))
        crawl(operated)
        entries = {entry["reason"]: entry for entry in lines(operated.run("coverage", "a", "--cut", "--json"))}
        assert "delete" in entries["acting_link"]["detail"]
        assert entries["outside_sites"]["host"] == "elsewhere.example"
        assert "url" not in entries["acting_link"]
        opened = lines(operated.run("coverage", "a", "--cut", "--json", "--open", "--because", "outside_sites"))
        assert [entry["url"] for entry in opened] == ["http://elsewhere.example/x"]
        assert opened[0]["page_url"] == f"{site.url}/"


def test_figures_add_up_after_kills(chain: Make) -> None:
    pages = {f"/{n}": page(*(f"/{n}-{m}.jpg" for m in range(6)), f"/{n + 1}") for n in range(10)}
    pictures = {f"/{n}-{m}.jpg": PICTURE if m else Reply(status=404) for n in range(10) for m in range(6)}
    slow = {path: Reply(r.body, r.status, r.headers, seconds=0.03) for path, r in pictures.items()}
    with scripted_site(A, {"/": page("/0"), **pages, **slow}) as site:
        operated = chain(site_of(site), frontier={"lease_seconds": 2})
        for _ in range(3):
            seen = len(site.asked)
            process = operated.start("crawl", "--once")
            wait_until(lambda seen=seen: len(site.asked) > seen + 8, seconds=30, what="some requests")
            operated.kill(process)
        crawl(operated)
        (covered,) = lines(operated.run("coverage", "--json"))
        assert (covered["lost"], covered["pending"], covered["leased"]) == (0, 0, 0)
        assert covered["known"] == covered["ended"] == 1 + 11 + 60
        assert (covered["hashed"], covered["failed"]) == (50, {"not_found": 11})


def test_a_budget_cuts_and_says_so(chain: Make) -> None:
    script = {"/": page(*(f"/{number}.jpg" for number in range(20)))}
    with scripted_site(A, {**script, **{f"/{number}.jpg": PICTURE for number in range(20)}}) as site:
        operated = chain(site_of(site, budget={"pictures": 5}))
        crawl(operated)
        assert sum(path.endswith(".jpg") for path in site.paths()) == 5
        (covered,) = lines(operated.run("coverage", "--json"))
        assert covered["links"]["over_budget"] == 15


def test_a_page_is_seen_again_when_it_is_due_and_an_unchanged_picture_is_not_fetched_again(chain: Make) -> None:
    stable = {"Content-Type": "image/jpeg", "ETag": '"v1"'}
    grown = page("/1.jpg", "/2.jpg")

    def picture(before: int) -> Reply:
        return Reply(b"", 304, stable) if before else Reply(PICTURE.body, headers=stable)

    script: Script = {"/": lambda before: grown if before else page("/1.jpg"), "/1.jpg": picture, "/2.jpg": PICTURE}
    with scripted_site(A, script) as site:
        quickly = {"first_seconds": 0.5, "shortest_seconds": 0.5, "longest_seconds": 2, "round_seconds": 3600}
        operated = chain(site_of(site, revisits=quickly))
        crawl(operated)
        assert site.paths() == ["/robots.txt", "/", "/1.jpg"]
        time.sleep(1)
        first = json.loads(operated.run("schedule", "--once"))
        second = json.loads(operated.run("schedule", "--once"))
        assert (first["revisits"], second["revisits"]) == (2, 0)
        crawl(operated)
        assert sorted(site.paths()[3:]) == ["/", "/1.jpg", "/2.jpg"]
        assert [asked.headers.get("If-None-Match") for asked in site.asked if asked.path == "/1.jpg"] == [None, '"v1"']
        operated.run("match", "--once")
        (covered,) = lines(operated.run("coverage", "--json"))
        assert (covered["known"], covered["unchanged"], covered["hashed"], covered["lost"]) == (5, 1, 2, 0)


def test_rounds_begin_when_they_are_due_and_once(chain: Make) -> None:
    with scripted_site(A, {"/": page("/1.jpg"), "/1.jpg": PICTURE}) as site:
        often = {"round_seconds": 1, "shortest_seconds": 1, "first_seconds": 3600}
        operated = chain(site_of(site, revisits=often, expect={"pictures_at_least": 10}))
        crawl(operated)
        time.sleep(1.1)
        looks = [json.loads(operated.run("schedule", "--once")) for _ in range(2)]
        assert [look["begun"] for look in looks] == [["a"], []]
        assert looks[0]["unexpected"] == ["a: 1 pictures, at least 10 expected"]
        crawl(operated)
        assert site.paths().count("/") == 2
