"""Pages that scripts make, shown by a real Chromium: what is found on them, and what is never asked for."""

import asyncio
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from parsel import Selector

from crawler.browsing import BrowserFailedError
from crawler.contract.errors import ConfigError
from crawler.contract.pages import Page
from crawler.contract.reasons import Reason
from spiders.registry import spider_of
from tests.browser.showing import PRIVATE, PROFILE, SECOND, SITE, STRANGE, browser, links, show, visit
from tests.flow.scripted_site import Reply, scripted_site

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF, or so it begins"


def script(text: str) -> Reply:
    return Reply(text.encode(), headers={"Content-Type": "text/javascript"})


def json(text: str) -> Reply:
    return Reply(text.encode(), headers={"Content-Type": "application/json"})


SHELL = '<title>x</title><link rel="stylesheet" href="/s.css"><div id="root"></div><script src="/app.js"></script>'

APP = """
fetch("/api/topics").then(answer => answer.json()).then(topics => {
  const root = document.querySelector("#root");
  for (const topic of topics) {
    root.insertAdjacentHTML("beforeend", `<a href="/t/${topic}">topic</a><img src="/p/${topic}.jpg" class="x">`);
    const picture = root.lastChild;
    picture.onerror = () => picture.remove();
  }
  root.attachShadow; const inner = document.createElement("my-post"); root.append(inner);
  inner.attachShadow({mode: "open"}).innerHTML = '<a href="/inside">in a shadow</a>';
  new Image().src = "/p/preloaded.png";
  fetch("/p/fetched.webp").catch(() => 0);
  root.style.backgroundImage = "url(/p/background.gif)";
  document.body.insertAdjacentHTML("beforeend", '<video src="/film.mp4" autoplay></video><iframe src="/frame">');
});
"""


def test_links_that_only_scripts_make_are_found_and_no_picture_is_asked_for() -> None:
    with scripted_site(SITE, {"/app.js": script(APP), "/api/topics": json("[1, 2]")}) as site:
        url = f"{site.url}/board"
        shown = show(url, SHELL)
        assert sorted(site.paths()) == ["/api/topics", "/app.js"]
    assert links(url, shown) == {
        "/s.css": "page",
        "/t/1": "page",
        "/p/1.jpg": "picture",
        "/t/2": "page",
        "/p/2.jpg": "picture",
        "/p/background.gif": "picture",
        "/film.mp4": "picture",
        "/frame": "page",
        "/inside": "page",
    }
    assert shown.requests == 2
    assert not shown.refused


def test_a_page_that_needs_a_script_does_not_after_it_was_shown() -> None:
    spider = spider_of("other")
    with scripted_site(SITE, {"/app.js": script(APP), "/api/topics": json("[1, 2]")}) as site:
        url = f"{site.url}/board"
        assert spider.needs_script(Page(url, Selector(SHELL, type="html"), PROFILE))
        assert not spider.needs_script(Page(url, Selector(show(url, SHELL).html, type="html"), PROFILE))


def test_a_picture_that_a_script_fetches_under_another_name_never_reaches_the_page() -> None:
    html = """<script>
    for (const path of ["/called", "/hidden"])
      fetch(path).then(r => r.blob())
        .then(b => document.body.append("got " + b.size), () => document.body.append("none "));
    </script>"""
    called = Reply(JPEG, headers={"Content-Type": "image/jpeg"})
    hidden = Reply(JPEG, headers={"Content-Type": "text/plain"})
    with scripted_site(SITE, {"/called": called, "/hidden": hidden}) as site:
        shown = show(f"{site.url}/", html)
    assert shown.html.count("none ") == 3  # one of them in the script
    assert "got 4" not in shown.html


def test_scripts_reach_their_site_by_tls_as_the_crawler_does(tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(self_signed(tmp_path))
    with scripted_site(SITE, {"/app.js": script(APP), "/api/topics": json("[7]")}) as site:
        site.server.socket = tls.wrap_socket(site.server.socket, server_side=True)
        url = f"https://{SITE}:{site.server.server_port}/board"
        shown = show(url, SHELL)
        assert sorted(site.paths()) == ["/api/topics", "/app.js"]
    assert {"/t/7", "/p/7.jpg"} <= links(url, shown).keys()


def self_signed(folder: Path) -> Path:
    """A certificate that nobody vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "site.example")])
    today = datetime.now(UTC)
    building = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    building = building.serial_number(1).not_valid_before(today).not_valid_after(today + timedelta(days=1))
    certificate = building.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "certificate.pem"
    file.write_bytes(private + certificate)
    return file


def test_what_is_out_of_scope_or_of_another_site_is_never_reached() -> None:
    with (
        scripted_site(SITE, {}) as site,
        scripted_site(SECOND, {"/api": Reply(b"1", headers={"Access-Control-Allow-Origin": "*"})}) as second,
        scripted_site(PRIVATE, {}) as private,
        scripted_site(STRANGE, {}) as strange,
        scripted_site("127.0.0.1", {}) as local,
    ):
        site.script = {"/away": Reply(status=302, headers={"Location": f"{strange.url}/redirected"})}
        private_port, local_port = private.server.server_port, local.server.server_port
        asked = [
            f"{second.url}/api",
            f"{strange.url}/fetched",
            f"{private.url}/fetched",
            f"http://2130706435:{private_port}/decimal",
            f"http://0x7f.3:{private_port}/hex",
            f"http://[::ffff:{PRIVATE}]:{private_port}/mapped",
            f"http://localhost:{local_port}/named",
            f"{site.url}/away",
            "http://169.254.169.254/latest/meta-data/",
        ]
        calls = "".join(f"fetch({url!r}, {{mode: 'no-cors'}}).catch(() => 0);" for url in asked)
        tags = f'<script src="{strange.url}/s.js"></script><link rel="preconnect" href="{strange.url}">'
        sockets = f"try {{ new WebSocket({strange.url.replace('http', 'ws')!r}) }} catch {{}}"
        workers = f"new Worker(URL.createObjectURL(new Blob([`fetch('{strange.url}/w')`])));"
        shown = show(f"{site.url}/", f"{tags}<script>{calls}{sockets}{workers}</script>")
        assert second.paths() == ["/api"]
        assert site.paths() == ["/away"]
        assert private.paths() == strange.paths() == local.paths() == []
    assert shown.refused[Reason.OUTSIDE_SITES] >= 4
    assert shown.refused[Reason.ADDRESS_NOT_PUBLIC] >= 2


def test_nothing_is_sent_and_links_that_act_are_not_asked_for() -> None:
    html = """<body><form id="f" method="post" action="/post/form"><input name="a"></form><script>
    fetch("/post/fetch", {method: "POST", body: "x"}).catch(() => 0);
    fetch("/put", {method: "PUT"}).catch(() => 0);
    fetch("/delete", {method: "DELETE"}).catch(() => 0);
    navigator.sendBeacon("/beacon", "x");
    fetch("/logout").catch(() => 0);
    fetch("/api/read").then(() => document.getElementById("f").submit());
    </script>"""
    with scripted_site(SITE, {"/api/read": json("1")}) as site:
        shown = show(f"{site.url}/", html)
        assert site.paths() == ["/api/read"]
    assert shown.refused[Reason.ACTING_LINK] >= 4


def test_where_scripts_want_to_go_is_found_and_not_gone_to() -> None:
    html = """<p>here</p><script>window.open("/opened"); history.pushState({}, "", "/other/place");
    document.body.insertAdjacentHTML("beforeend", '<a href="near">near</a>');
    setTimeout(() => location.href = "/entered?x=1&y", 100);</script>"""
    with scripted_site(SITE, {}) as site:
        url = f"{site.url}/"
        shown = show(url, html)
        assert site.paths() == []
    assert "here" in shown.html
    assert set(links(url, shown)) >= {"/opened", "/entered?x=1&y", "/other/near"}


def test_the_session_goes_to_the_page_s_own_site_only() -> None:
    then = f"fetch('http://{SECOND}:%d/second', {{mode: 'no-cors'}})"
    html = f"<script>fetch('/own').then(() => {then})</script>"
    with scripted_site(SITE, {"/own": json("1")}) as site, scripted_site(SECOND, {"/second": json("1")}) as second:

        async def once() -> None:
            own = browser()
            cookies = [{"name": "sid", "value": "s3cret", "url": site.url}]
            page = html % second.server.server_port
            await own.show(visit(f"{site.url}/", page, cookies=cookies, headers={"Authorization": "Basic eA=="}))
            await own.close()

        asyncio.run(once())
        sent, other = site.asked[0].headers, second.asked[0].headers
    assert sent["cookie"] == "sid=s3cret"
    assert sent["Authorization"] == "Basic eA=="
    assert sent["user-agent"] == "Zoeklicht/1 (test)"
    assert not {"cookie", "authorization"} & {name.lower() for name in other}


def test_a_list_that_goes_on_as_one_goes_down_is_read_to_its_end() -> None:
    html = """<div id="list"></div><div id="end">.</div><script>
    let page = 0;
    const more = () => fetch("/list?page=" + page++).then(r => r.json()).then(found => {
      for (const each of found)
        list.insertAdjacentHTML("beforeend", `<p style="height: 900px"><a href="/t/${each}">${each}</a></p>`);
      if (!found.length) watching.disconnect();
    });
    const list = document.getElementById("list");
    const watching = new IntersectionObserver(seen => { if (seen[0].isIntersecting) more(); });
    watching.observe(document.getElementById("end"));
    </script>"""
    script = {f"/list?page={page}": json(f"[{2 * page}, {2 * page + 1}]") for page in range(4)}
    with scripted_site(SITE, {**script, "/list?page=4": json("[]")}) as site:
        url = f"{site.url}/"
        assert set(links(url, show(url, html))) == {f"/t/{number}" for number in range(8)}


def test_scripts_that_never_cease_to_ask_are_cut_short_and_the_page_is_read() -> None:
    html = """<a href="/there">x</a>
    <script>setInterval(() => fetch("/poll?" + Math.random()).catch(() => 0), 50)</script>"""
    with scripted_site(SITE, {}) as site:
        url = f"{site.url}/"
        shown = show(url, html, seconds=7.0, requests=10)
        assert len(site.asked) == 10
    assert "/there" in links(url, shown)
    assert shown.refused[Reason.OVER_BUDGET] > 0


def test_a_script_that_hangs_fails_its_page_and_not_the_next() -> None:
    async def both(url: str) -> tuple[float, str]:
        own = browser(seconds=4.0)
        try:
            began = time.monotonic()
            with pytest.raises(BrowserFailedError):
                await own.show(visit(url, "<script>while (true);</script>"))
            took = time.monotonic() - began
            return took, (await own.show(visit(url, "<script>document.write('<a href=/fine>')</script>"))).html
        finally:
            await own.close()

    with scripted_site(SITE, {}) as site:
        took, html = asyncio.run(both(f"{site.url}/"))
    assert took < 20
    assert "/fine" in html


MEDDLING = """<p id="words">words</p><script>
document.getElementsByTagName = () => ({length: {}});
document.querySelectorAll = () => { throw 1 };
Object.defineProperty(document, "baseURI", {get: () => "http://127.0.0.4/"});
Object.defineProperty(document, "documentElement", {get: () => null});
Object.defineProperty(Element.prototype, "outerHTML", {get: () => "nothing here"});
words.attachShadow({mode: "closed"}).innerHTML = '<a href="hidden">hidden</a>';
</script>"""


def test_a_page_cannot_meddle_with_its_reading() -> None:
    with scripted_site(SITE, {}) as site:
        url = f"{site.url}/dir/"
        shown = show(url, MEDDLING)
    assert "words" in shown.html
    assert set(links(url, shown)) == {"/dir/hidden"}


def test_several_pages_are_shown_at_the_same_time_and_know_nothing_of_each_other() -> None:
    html = "<script>document.write(document.cookie || 'nothing'); document.cookie = localStorage.a = 'a=%d'</script>"

    async def all_of(url: str) -> list[str]:
        own = browser()
        try:
            shown = await asyncio.gather(*(own.show(visit(url, html % number)) for number in range(4)))
            return [each.html for each in shown]
        finally:
            await own.close()

    with scripted_site(SITE, {}) as site:
        for shown in asyncio.run(all_of(f"{site.url}/")):
            assert "<body>nothing</body>" in shown


def test_a_browser_that_would_write_to_a_disk_or_is_missing_is_not_started(tmp_path: Path) -> None:
    async def once(**limits: str) -> None:
        own = browser(**limits)
        try:
            await own.show(visit(f"http://{SITE}/", "x"))
        finally:
            await own.close()

    with pytest.raises(ConfigError, match="memory"):
        asyncio.run(once(folder=str(tmp_path)))
    with pytest.raises(ConfigError, match="apt-get install chromium"):
        asyncio.run(once(program="no-such-browser"))
