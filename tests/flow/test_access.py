"""How sites are entered: age gates, logins, cookies, credentials, referrers; and what nobody else gets of it."""

import base64
import shutil
from collections import Counter
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from crawler.contract.reasons import Reason
from crawler.frontier import FrontierTable, open_frontier
from tests.flow.chain import Chain
from tests.flow.scripted_site import Asked, Reply, Script, ScriptedSite, Seen, page, scripted_site

A, ALSO_A, B = "127.0.0.34", "127.0.0.35", "127.0.0.36"
ALLOWED = [{"network": "127.0.0.32/28", "country": "NL", "reason": "test sites"}]
MANDATE = {
    "kind": "own",
    "reference": "sites that a test writes",
    "means": ["anonymous", "referrer", "cookie", "account"],
    "expires": date(2099, 12, 31),
    "approved_by": ["one", "another"],
}
NO_ROBOTS = {"reason": "robots.txt is not what is tested here"}
PASSWORD = "correct-horse-battery"

Counts = Counter[Reason | None]


class Crawl:
    """A configuration of sites, crawled to the end as often as wanted."""

    def __init__(self, folder: Path, keys: Path) -> None:
        self.folder = folder
        self.keys = keys
        self.crawl: dict[str, Any] = {}
        self._chain: Chain | None = None
        (folder / "sites").mkdir(parents=True)
        for name, content in {"user": "the user", "password": PASSWORD, "wrong": "not it"}.items():
            secret = folder / "sites" / name
            secret.touch(mode=0o600)
            secret.write_text(content)

    def sites(self, *profiles: dict[str, Any]) -> Chain:
        limits = {"user_agent": "Zoeklicht/0.1 (tests)", "retry_seconds": 0.05, "max_attempts": 3, **self.crawl}
        usual = {"type": "other", "gap_seconds": 0, "mandate": MANDATE, "robots_override": NO_ROBOTS}
        chosen = [
            {key: value for key, value in {**usual, **profile}.items() if value is not None} for profile in profiles
        ]
        self._chain = Chain(self.folder, {"sites": chosen, "crawl": limits, "scope": {"allow_networks": ALLOWED}})
        shutil.copytree(self.keys, self._chain.state / "keys", dirs_exist_ok=True)
        return self._chain

    def __call__(self, *profiles: dict[str, Any]) -> Counts:
        """Crawl to the end; how many targets and links ended under each reason."""
        chain = self.sites(*profiles) if profiles else self._chain
        assert chain is not None
        chain.finish(chain.start("crawl", "--once"), timeout=60)
        return self.counts()

    def counts(self) -> Counts:
        assert self._chain is not None
        for secret in (A, ALSO_A, B, PASSWORD):
            assert secret not in self._chain.logs()
        frontier = open_frontier(FrontierTable(), self._chain.state)
        counts = frontier.stats().counts
        frontier.close()
        found: Counts = Counter()
        for count in counts:
            found[count.reason] += count.count
        return found


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: each command takes a second."""
    chain = Chain(tmp_path_factory.mktemp("keys"), {})
    chain.run("keys", "create")
    return chain.state / "keys"


@pytest.fixture
def crawl(tmp_path: Path, keys: Path) -> Crawl:
    return Crawl(tmp_path, keys)


def site_a(site: ScriptedSite, **more: Any) -> dict[str, Any]:
    return {"name": "a", "hosts": [A, ALSO_A], "seeds": [f"{site.url}/"], **more}


def to(location: str, *cookies: str) -> Reply:
    return Reply(status=302, headers={"Location": location}, cookies=cookies)


def pages(**links: tuple[str, ...]) -> dict[str, Reply]:
    return {f"/{'' if name == 'start' else name}": page(*found) for name, found in links.items()}


class Gate:
    """A site whose pages are behind an age gate. `opened` visits may see a page for each passing of it."""

    def __init__(self, shown: dict[str, Reply], *, opened: int = 1000) -> None:
        self.shown = shown
        self.opened = opened
        self.left: dict[str, int] = {}
        self.closed = Reply(b"<html>Are you of age?</html>", headers={"Content-Type": "text/html"})

    def script(self) -> Script:
        return {"/enter": Seen(self._enter), **{path: Seen(self._show) for path in self.shown}}

    def _enter(self, _: Asked) -> Reply:
        ticket = f"t{len(self.left)}"
        self.left[ticket] = self.opened
        return to("/", f"ticket={ticket}; Path=/; HttpOnly")

    def _show(self, asked: Asked) -> Reply:
        ticket = asked.cookies.get("ticket", "")
        if self.left.get(ticket, 0) <= 0:
            return self.closed
        self.left[ticket] -= 1
        return self.shown[asked.path]


def test_an_age_gate_is_passed_once_and_everything_behind_it_is_seen(crawl: Crawl) -> None:
    gate = Gate(pages(start=("/a", "/b"), a=("/c",), b=(), c=()))
    with scripted_site(A, gate.script()) as site:
        cookies = {"visit_first": f"{site.url}/enter", "gate": "Are you of age"}
        assert crawl(site_a(site, cookies=cookies)) == {None: 4}
        assert Counter(site.paths())["/enter"] == 1
        assert site.paths()[:2] == ["/enter", "/"]


def test_a_gate_that_closes_is_passed_anew_and_the_page_fetched_again_rather_than_counted(crawl: Crawl) -> None:
    gate = Gate(pages(start=("/a", "/b"), a=("/c",), b=(), c=("/d",), d=()), opened=3)
    with scripted_site(A, gate.script()) as site:
        cookies = {"visit_first": f"{site.url}/enter", "gate": "Are you of age"}
        assert crawl(site_a(site, cookies=cookies)) == {None: 5}
        assert 2 <= Counter(site.paths())["/enter"] <= 3


def test_a_gate_that_does_not_open_is_not_hammered_and_counted_under_its_reason(crawl: Crawl) -> None:
    gate = Gate(pages(start=("/a",), a=()), opened=0)
    with scripted_site(A, gate.script()) as site:
        cookies = {"visit_first": f"{site.url}/enter", "gate": "Are you of age"}
        assert crawl(site_a(site, cookies=cookies)) == {Reason.GATE_CLOSED: 1}
        assert Counter(site.paths())["/enter"] == 3


def test_two_crawlers_pass_a_gate_once(crawl: Crawl) -> None:
    gate = Gate(pages(start=("/a",), a=()))
    slow = {"/": Reply(b"<html>", seconds=0.5, headers={"Content-Type": "text/html"})}
    with scripted_site(A, {**gate.script(), "/enter": Reply(seconds=1)}) as site, scripted_site(ALSO_A, slow) as other:
        profile = site_a(site, cookies={"visit_first": f"{site.url}/enter"})
        chain = crawl.sites({**profile, "seeds": [f"{site.url}/", f"{other.url}/"]})
        for process in [chain.start("crawl", "--once") for _ in range(2)]:
            chain.finish(process, timeout=60)
        assert Counter(site.paths())["/enter"] == 1
        assert other.paths() == ["/"]


def test_cookies_that_a_site_sets_are_not_kept_unless_its_profile_wants_cookies(crawl: Crawl) -> None:
    shown = {
        path: Reply(r.body, headers=r.headers, cookies=("id=7",)) for path, r in pages(start=("/a",), a=()).items()
    }
    with scripted_site(A, shown) as site:
        crawl(site_a(site))
        assert site.paths() == ["/", "/a"]
        assert all("Cookie" not in asked.headers for asked in site.asked)


def test_fixed_cookies_go_to_their_own_site_alone_and_are_kept_up_to_date(crawl: Crawl) -> None:
    with scripted_site(B, {"/": page()}) as other:
        start = page("/a", f"{other.url}/")
        script = {"/": Reply(start.body, headers=start.headers, cookies=("seen=1",)), "/a": page()}
        with scripted_site(A, script) as site:
            crawl(site_a(site, cookies={"fixed": {"adult": "yes", "seen": "0"}}), {"name": "b", "hosts": [B]})
            assert [asked.cookies for asked in site.asked] == [
                {"adult": "yes", "seen": "0"},
                {"adult": "yes", "seen": "1"},
            ]
            assert [asked.cookies for asked in other.asked] == [{}]


class Members:
    """A forum that wants to know who one is. After `session_length` pages one has to log in anew."""

    def __init__(self, shown: dict[str, Reply], *, session_length: int = 1000) -> None:
        self.shown = shown
        self.session_length = session_length
        self.tokens: set[str] = set()
        self.left: dict[str, int] = {}
        self.refusal = REFUSALS[0]

    def script(self) -> Script:
        return {"/members/in": Seen(self._door), **{path: Seen(self._show) for path in self.shown}}

    def _door(self, asked: Asked) -> Reply:
        if asked.method == "POST":
            fields = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
            token = asked.cookies.get("visit", "")
            right = fields.get("user") == "the user" and fields.get("pass") == PASSWORD and fields.get("stay") == "1"
            if right and token in self.tokens and fields.get("csrf") == token:
                self.tokens.remove(token)
                session = f"s{len(self.left)}"
                self.left[session] = self.session_length
                return to("/welcome", f"session={session}; Path=/; HttpOnly", "visit=; Max-Age=0")
            return self._form("Wrong. ")
        return self._welcome() if asked.cookies.get("session") in self.left else self._form()

    def _form(self, said: str = "") -> Reply:
        token = f"v{len(self.tokens)}"
        self.tokens.add(token)
        body = f"""<html>{said}<form action="/find" method="get"><input name="q"></form>
            <form action="/members/new" method="post"><input name="user"><input name="pass" type="password">
            <input name="again" type="password"><button>Register</button></form>
            <form method="post" action="in"><input type="hidden" name="csrf" value="{token}"><input name="user">
            <input type="password" name="pass"><button name="go" value="1">Go</button></form></html>"""
        return Reply(body.encode(), headers={"Content-Type": "text/html"}, cookies=(f"visit={token}; Path=/",))

    def _welcome(self) -> Reply:
        return Reply(b"<html>Hello. Bye bye</html>", headers={"Content-Type": "text/html"})

    def _show(self, asked: Asked) -> Reply:
        session = asked.cookies.get("session", "")
        if asked.path == "/welcome":
            return self._welcome()
        if self.left.get(session, 0) <= 0:
            self.left.pop(session, None)
            return self.refusal
        self.left[session] -= 1
        reply = self.shown[asked.path]
        return Reply(reply.body.replace(b"</body>", b"Bye bye</body>"), headers=reply.headers)

    def profile(self, site: ScriptedSite, **more: Any) -> dict[str, Any]:
        login = {
            "page": f"{site.url}/members/in",
            "form": "form[method=post]",
            "user_field": "user",
            "password_field": "pass",
            "fields": {"stay": "1"},
            "user_file": "user",
            "password_file": "password",
            "success": "Bye bye",
        }
        return site_a(site, login={**login, **more})


BOARD = pages(start=("/a", "/b", "/welcome"), a=("/c",), b=(), c=("/d",), d=(), welcome=())


def posts(site: ScriptedSite) -> list[Asked]:
    return [asked for asked in site.asked if asked.method != "GET"]


def test_a_login_form_is_filled_in_once_and_members_pages_are_seen(crawl: Crawl) -> None:
    members = Members(BOARD)
    with scripted_site(A, members.script()) as site:
        assert crawl(members.profile(site)) == {None: 6}
        assert [asked.path for asked in posts(site)] == ["/members/in"]
        sent = parse_qs(posts(site)[0].body.decode())
        assert sent.keys() == {"user", "pass", "csrf", "stay", "go"}
        assert posts(site)[0].headers["Referer"] == f"{site.url}/members/in"


REFUSALS = [
    Reply(b"<html>Guests see nothing</html>", headers={"Content-Type": "text/html"}),
    Reply(status=403),
    Reply(status=401),
    Reply(status=302, headers={"Location": "/members/in?back=/"}),
]


def test_when_a_session_ends_one_logs_in_again_and_nothing_is_missed(crawl: Crawl) -> None:
    with ExitStack() as stack:
        sites, profiles = [], []
        for number, refusal in enumerate(REFUSALS):
            members = Members(BOARD, session_length=3)
            members.refusal = refusal
            site = stack.enter_context(scripted_site(f"127.0.0.{40 + number}", members.script()))
            sites.append(site)
            profiles.append({**members.profile(site), "name": f"s{number}", "hosts": [site.host]})
        assert crawl(*profiles) == {None: 6 * len(sites)}
        assert [len(posts(site)) for site in sites] == [2] * len(sites)


def test_a_session_is_used_by_the_next_crawler_too(crawl: Crawl) -> None:
    members = Members({**BOARD, "/later": page()})
    with scripted_site(A, members.script()) as site:
        crawl(members.profile(site))
        assert crawl._chain is not None
        crawl._chain.run("seed", "add", f"{site.url}/later")
        assert crawl() == {None: 7}
        assert len(posts(site)) == 1


def test_a_wrong_password_is_tried_three_times_and_then_the_site_is_left_alone(crawl: Crawl) -> None:
    members = Members(BOARD)
    with scripted_site(A, members.script()) as site:
        assert crawl(members.profile(site, password_file="wrong")) == {Reason.LOGIN_FAILED: 1}
        assert len(posts(site)) == 3
        assert "/" not in site.paths()


def test_what_an_account_may_not_see_is_counted_and_costs_no_login(crawl: Crawl) -> None:
    members = Members({**BOARD, "/": page("/vault", "/a")})
    script = {**members.script(), "/vault": Reply(status=403)}
    with scripted_site(A, script) as site:
        assert crawl(members.profile(site)) == {None: 4, Reason.FORBIDDEN: 1}
        assert len(posts(site)) == 1


def test_a_page_that_never_shows_who_is_logged_in_costs_no_logins(crawl: Crawl) -> None:
    members = Members({**BOARD, "/": page("/plain", "/a")})
    script = {**members.script(), "/plain": page("/b")}
    with scripted_site(A, script) as site:
        assert crawl(members.profile(site)) == {None: 6}
        assert len(posts(site)) == 1


def test_logging_in_keeps_to_the_pace(crawl: Crawl) -> None:
    members = Members(pages(start=("/a", "/b"), a=(), b=(), welcome=()), session_length=2)
    with scripted_site(A, members.script()) as site:
        assert crawl({**members.profile(site), "gap_seconds": 0.15}) == {None: 3}
        gaps = [later.began - earlier.ended for earlier, later in zip(site.asked, site.asked[1:], strict=False)]
        assert len(posts(site)) == 2
        assert min(gaps) > 0.14


UNTRUSTED = {
    "of another site": '<form action="http://{}/" method="post"><input name="user"><input type="password" name="pass">',
    "into the address": '<form action="/in" method="get"><input name="user"><input type="password" name="pass">',
    "registers": '<form action="/register" method="post"><input name="user"><input type="password" name="pass">',
    "new password": '<form method="post"><input name="user"><input type="password" name="pass"><input type="password">',
    "no password": '<form action="/in" method="post"><input name="user">',
}


def test_a_form_that_is_not_to_be_trusted_is_not_sent(crawl: Crawl) -> None:
    members = Members(BOARD)
    with ExitStack() as stack:
        other = stack.enter_context(scripted_site(B, {}))
        sites, profiles = [], []
        for number, form in enumerate(UNTRUSTED.values()):
            body = f"<html>{form.format(other.url.removeprefix('http://'))}</form></html>".encode()
            script = {**members.script(), "/members/in": Reply(body, headers={"Content-Type": "text/html"})}
            site = stack.enter_context(scripted_site(f"127.0.0.{40 + number}", script))
            sites.append(site)
            profiles.append({**members.profile(site, form="form"), "name": f"s{number}", "hosts": [site.host]})
        assert crawl(*profiles) == {Reason.LOGIN_FAILED: len(sites)}
        assert all(set(site.paths()) == {"/members/in"} and not posts(site) for site in sites)
        assert other.asked == []


def guarded(realm: str = "albums") -> Seen:
    expected = "Basic " + base64.b64encode(f"the user:{PASSWORD}".encode()).decode()

    def reply(asked: Asked) -> Reply:
        if asked.headers.get("Authorization") == expected:
            return page("/albums/1", "/albums/2") if asked.path == "/" else page()
        return Reply(status=401, headers={"WWW-Authenticate": f'Basic charset="UTF-8", realm="{realm}"'})

    return Seen(reply)


BASIC = {"user_file": "user", "password_file": "password", "schemes": ["http"]}


def test_basic_authentication_is_given_where_it_is_asked_for_and_below(crawl: Crawl) -> None:
    with scripted_site(A, {"*": guarded()}) as site:
        assert crawl(site_a(site, basic_auth={**BASIC, "realm": "albums"})) == {None: 3}
        assert site.paths().count("/") == 2
        assert len(site.asked) == 4


def test_basic_authentication_is_not_given_to_another_realm_nor_unencrypted_unless_so_said(crawl: Crawl) -> None:
    with scripted_site(A, {"*": guarded()}) as site, scripted_site(B, {"*": guarded()}) as other:
        counts = crawl(
            site_a(site, hosts=[A], basic_auth={**BASIC, "realm": "other"}),
            {"name": "b", "hosts": [B], "seeds": [f"{other.url}/"], "basic_auth": {**BASIC, "schemes": ["https"]}},
        )
        assert counts == {Reason.NEEDS_LOGIN: 2}
        assert all("Authorization" not in asked.headers for asked in [*site.asked, *other.asked])


def test_credentials_that_are_refused_are_not_sent_again_and_again(crawl: Crawl) -> None:
    seeds = [f"/{number}" for number in range(5)]
    with scripted_site(A, {"*": guarded()}) as site:
        profile = site_a(site, basic_auth={**BASIC, "password_file": "wrong"})
        # After three refusals the site is left alone for what is an hour by default, and 1.2 s here.
        crawl.crawl.update(max_attempts=1, retry_seconds=0.01)
        counts = crawl({**profile, "seeds": [f"{site.url}{seed}" for seed in seeds]})
        assert counts[Reason.LOGIN_FAILED] >= 1
        assert sum("Authorization" in asked.headers for asked in site.asked) == counts[Reason.NEEDS_LOGIN] <= 4


def test_a_redirect_takes_neither_cookies_nor_credentials_nor_addresses_along(crawl: Crawl) -> None:
    with scripted_site(B, {"/": page()}) as other:

        def away(asked: Asked) -> Reply:
            if "Authorization" not in asked.headers:
                return Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
            return to(f"{other.url}/", "id=1")

        with scripted_site(A, {"/": page("/away"), "/away": Seen(away)}) as site:
            profile = site_a(site, basic_auth=BASIC, cookies={"fixed": {"adult": "1"}})
            counts = crawl(profile, {"name": "b", "hosts": [B]})
            assert counts == {None: 2, Reason.REDIRECTED: 1}
            assert not other.asked[0].headers.keys() & {"Cookie", "Authorization", "Referer"}


def test_what_a_report_states_is_used_for_what_it_reports_and_its_host_alone(crawl: Crawl) -> None:
    with scripted_site(B, {"/": page()}) as other:

        def reply(asked: Asked) -> Reply:
            if asked.path == "/seen" or "Authorization" in asked.headers:
                return page("/further", f"{other.url}/")
            return Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})

        with scripted_site(A, {"*": Seen(reply)}) as site:
            chain = crawl.sites(site_a(site, seeds=[]), {"name": "b", "hosts": [B]})
            password = chain.folder / "password"
            password.touch(mode=0o600)
            password.write_text("open sesame")
            stated = ["--cookie", "way=in; adult=1", "--user", "Aladdin", "--password-file", str(password)]
            referrer = ["--referrer", "https://portal.example/list#7"]
            chain.run("report", "add", f"{site.url}/reported", "--source", "public", *referrer, *stated)
            assert crawl() == {None: 3}
            credentials = "Basic " + base64.b64encode(b"Aladdin:open sesame").decode()
            assert [
                (asked.path, asked.headers.get("Referer"), asked.headers.get("Authorization")) for asked in site.asked
            ] == [
                ("/reported", "https://portal.example/list", None),
                ("/reported", "https://portal.example/list", credentials),
                ("/further", f"{site.url}/reported", credentials),
            ]
            assert all(asked.cookies == {"way": "in", "adult": "1"} for asked in site.asked)
            assert not other.asked[0].headers.keys() & {"Cookie", "Authorization", "Referer"}


def test_what_a_report_states_is_not_used_beyond_the_mandate(crawl: Crawl) -> None:
    with scripted_site(A, {"*": Reply(status=401, headers={"WWW-Authenticate": "Basic"})}) as site:
        mandate = {**MANDATE, "means": ["anonymous"]}
        chain = crawl.sites(site_a(site, seeds=[], mandate=mandate))
        reports = chain.folder / "reports.csv"
        reports.write_text(
            f"""url,reference,cookie,referrer,user,password
{site.url}/a,one,way=in,,,
{site.url}/b,two,,https://portal.example/,,
{site.url}/c,three,,,Aladdin,open sesame
"""
        )
        chain.run("report", "add", str(reports), "--source", "public")
        assert crawl() == {Reason.NOT_PERMITTED: 3}
        assert site.paths() == ["/c"]
        assert "Authorization" not in site.asked[0].headers


def test_the_profiles_user_agent_and_headers_go_with_every_request(crawl: Crawl) -> None:
    with scripted_site(A, {"/": page("/a"), "/a": page()}) as site:
        more = {
            "user_agent": "Hotline/2 (+https://hotline.example)",
            "headers": {"accept-language": "de", "X-Asked-By": "h"},
        }
        crawl(site_a(site, **more, robots_override=None))
        assert site.paths() == ["/robots.txt", "/", "/a"]
        for asked in site.asked:
            assert asked.headers["User-Agent"] == "Hotline/2 (+https://hotline.example)"
            assert asked.headers["Accept-Language"] == "de"
            assert asked.headers["X-Asked-By"] == "h"
