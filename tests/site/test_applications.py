"""Web applications that nobody here wrote, with parts for members only, crawled as a guest and with an account.

A hit is owed for each picture that the application serves to whoever crawls, by its digest. What the application was
asked for stands in its own log: nothing that acts, nothing for members as a guest, and the login form is the only thing
that is ever sent.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.flow.chain import Chain
from tests.site.applications import PASSWORD, SECRETS, Application, Shown
from tests.site.machina import Forum
from tests.site.mediawiki import Wiki
from tests.site.serving import Served, serving

APPLICATIONS: Sequence[type[Application]] = (Forum, Wiki)

every_application = pytest.mark.parametrize("name", [each.name for each in APPLICATIONS])


class Crawl:
    """One crawl of all applications: what it found, and what it asked for, by application."""

    def __init__(self, applications: Sequence[Application], chain: Chain) -> None:
        before = {each.name: len(each.asked()) for each in applications}
        chain.finish(chain.start("crawl", "--once"))
        chain.finish(chain.start("match", "--once"))
        hits = chain.hits(opened=True)
        self.asked = {each.name: each.asked()[before[each.name] :] for each in applications}
        self.found = {
            each.name: {_path(hit["url"].removeprefix(each.url)) for hit in hits if hit["host"] == each.address}
            for each in applications
        }
        coverage = [json.loads(line) for line in chain.run("coverage", "--json").splitlines()]
        self.coverage = {each["scope"]: each for each in coverage}
        self.logs = chain.logs()


class Crawls:
    """The applications and both crawls."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        folders = folder / "elsewhere"
        folders.mkdir()
        self.elsewhere: Served = stack.enter_context(serving(folders, "127.0.0.43"))
        applications = [
            stack.enter_context(each(f"{self.elsewhere.url}picture.jpg?from={each.name}")) for each in APPLICATIONS
        ]
        known = folder / "known.csv"
        known.write_text(_known_list(shown for each in applications for shown in each.shown), encoding="utf-8")
        self.applications = {each.name: each for each in applications}
        self.before = {each.name: each.kept() for each in applications}

        def crawled(name: str, profiles: list[dict[str, Any]]) -> Crawl:
            chain = Chain(folder / name, _document(profiles))
            stack.callback(chain.stop)
            chain.prepare(known)
            return Crawl(applications, chain)

        self.guest = crawled("guest", [each.profile() for each in applications])
        self.member = crawled("member", [each.profile_with_account() for each in applications])
        self.after = {each.name: each.kept() for each in applications}


@pytest.fixture(scope="module")
def crawls(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Crawls]:
    with ExitStack() as stack:
        yield Crawls(tmp_path_factory.mktemp("applications"), stack)


def _known_list(every: Iterable[Shown]) -> str:
    rows = [f"sha256,{shown.sha256},practice,test,{number}" for number, shown in enumerate(every)]
    return "\n".join(["algorithm,hash,category,source,list_id", *rows, ""])


def _document(profiles: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "sites": [{"gap_seconds": 0, **profile} for profile in profiles],
        "secrets": SECRETS,
        "scope": {"allow_networks": [{"network": "127.0.0.0/8", "country": "NL", "reason": "applications of a test"}]},
        "crawl": {"user_agent": "Zoeklicht/0.1 (tests)", "retry_seconds": 0.2},
    }


def _path(url: str) -> str:
    """As a picture's address is told: decoded, and without a version by which caches know of a newer one."""
    return unquote(url.partition("?")[0])


@every_application
def test_with_an_account_each_picture_that_the_application_has_is_found(crawls: Crawls, name: str) -> None:
    shown = crawls.applications[name].shown
    assert len({each.sha256 for each in shown}) == len(shown)
    assert sum(each.members for each in shown) >= 10
    assert crawls.member.found[name] == {each.url for each in shown}


@every_application
def test_a_guest_finds_each_picture_but_the_members_and_gets_none_of_those(crawls: Crawls, name: str) -> None:
    shown = crawls.applications[name].shown
    members = {each.url for each in shown if each.members}
    assert crawls.guest.found[name] == {each.url for each in shown} - members
    # Where a page for everybody links to them all the same, one is turned away.
    assert {each.status for each in crawls.guest.asked[name] if _path(each.path) in members} <= {302, 403}
    assert crawls.guest.coverage[name]["failed"].keys() & {"needs_login", "forbidden"}


@every_application
def test_nothing_that_acts_is_ever_asked_for_and_nothing_has_changed(crawls: Crawls, name: str) -> None:
    application = crawls.applications[name]
    for asked in (*crawls.guest.asked[name], *crawls.member.asked[name]):
        if asked.path != application.login_page:
            assert not application.acting.search(asked.path), asked.path
    assert any(crawls.before[name].values())
    assert crawls.after[name] == crawls.before[name]


@every_application
def test_the_login_form_is_sent_once_by_members_and_never_by_guests(crawls: Crawls, name: str) -> None:
    application = crawls.applications[name]
    assert {each.method for each in crawls.guest.asked[name]} == {"GET"}
    sent = [each for each in crawls.member.asked[name] if each.method != "GET"]
    assert [(each.method, each.path) for each in sent] == [
        ("POST", application.account["page"].removeprefix(application.url))
    ]
    assert PASSWORD not in crawls.member.logs


@every_application
def test_links_to_other_hosts_are_counted_and_not_followed(crawls: Crawls, name: str) -> None:
    for crawl in (crawls.guest, crawls.member):
        assert crawl.coverage[name]["links"]["outside_sites"] > 0
    assert crawls.elsewhere.asked == []


@every_application
def test_everything_known_has_ended_and_was_asked_for(crawls: Crawls, name: str) -> None:
    for crawl in (crawls.guest, crawls.member):
        coverage = crawl.coverage[name]
        entrance = {"/robots.txt", crawls.applications[name].login_page}
        assert coverage["known"] == coverage["ended"] == len({each.path for each in crawl.asked[name]} - entrance)
        assert coverage["lost"] == 0
