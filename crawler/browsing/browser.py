"""Chromium, driven by Playwright: one process for all pages of a crawler, a context of its own for each page."""

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from crawler.browsing.configuration import BrowserTable
from crawler.browsing.folder import MemoryFolder
from crawler.browsing.proxy import ScopedProxy
from crawler.browsing.sifting import Sifter
from crawler.browsing.visiting import BrowserFailedError, Shown, Visit
from crawler.contract.errors import ConfigError
from crawler.sites import AddressScope, SiteDirectory

_NOWHERE = "http://127.0.0.1:9"
"""The proxy of whatever belongs to no page: the browser's own errands. Nobody listens there."""

_SWITCHES = (
    "--proxy-bypass-list=<-loopback>",
    # Names are resolved by the proxy alone; an errand around it finds no address.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--dns-prefetch-disable",
    "--disable-quic",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy",
    "--disable-features=AsyncDns,DnsOverHttps,MediaRouter,OptimizationHints,Translate,NetworkPrediction,WebTransport",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-pings",
    "--disable-auto-reload",
    # Nothing on disk: no cache, no crash dumps, no shader cache.
    "--disk-cache-dir=/dev/null",
    "--disk-cache-size=1",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-gpu",
    "--disable-gpu-shader-disk-cache",
    "--mute-audio",
)
_UNWANTED = ("--disable-dev-shm-usage",)  # Playwright's own; it would put shared memory into files of /tmp

_TAKE_AWAY = """for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "WebTransport", "SharedWorker"])
  Object.defineProperty(window, name, {value: undefined, configurable: false});"""

_GO_DOWN = """() => {
  window.scrollTo(0, document.documentElement.scrollHeight);
  return document.getElementsByTagName("*").length;
}"""

_POLL_SECONDS = 0.1
_DOWN_SECONDS = 0.3
"""In which a script notices that one has gone down the page."""
_START_SECONDS = 60.0
_CLOSE_SECONDS = 5.0
_SHARE_OF_SETTLING = 0.7
"""Of the time that a page may take; the rest is for reading it."""


class Browser:
    """Shows pages. Started with the first of them, started anew should it die, ended by `close`."""

    def __init__(self, table: BrowserTable, directory: SiteDirectory, scope: AddressScope) -> None:
        self._table = table
        self._directory = directory
        self._scope = scope
        self._starting = asyncio.Lock()
        self._pages = asyncio.Semaphore(table.pages)
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None
        self._folder: MemoryFolder | None = None

    async def show(self, visit: Visit) -> Shown:
        """The page after its scripts have run.

        Raises `BrowserFailedError` when it cannot be shown (worth trying again), at the latest some `seconds` after it
        began, and `ConfigError` when there is no browser to be had on this machine.
        """
        async with self._pages:
            chromium = await self._started()
            try:
                return await self._show(chromium, visit)
            except TimeoutError:
                raise BrowserFailedError("The page was not done in time.") from None
            except PlaywrightError:  # its text quotes the address
                raise BrowserFailedError("The browser could not show the page.") from None

    async def close(self) -> None:
        """End the browser and forget all it kept. Harmless when it never ran."""
        async with self._starting:
            await self._end()

    async def _show(self, chromium: Chromium, visit: Visit) -> Shown:
        sifter = Sifter(visit, self._directory.profiles[visit.site], most_requests=self._table.requests)
        host = urlsplit(visit.url).hostname or ""
        over = asyncio.Event()
        limit = self._table.bytes
        async with ScopedProxy(
            visit.site, host, self._directory, self._scope, most_bytes=limit, done=over.set
        ) as proxy:
            async with asyncio.timeout(_START_SECONDS):
                context = await chromium.new_context(
                    proxy={"server": proxy.address, "bypass": "<-loopback>"},
                    user_agent=visit.user_agent,
                    accept_downloads=False,
                    service_workers="block",
                    ignore_https_errors=True,  # as the crawler: who answers is judged by its address
                    locale="nl-NL",
                )
            try:
                async with asyncio.timeout(self._table.seconds):
                    await sifter.attach(context)
                    await context.add_init_script(_TAKE_AWAY)
                    await _set_cookies(context, visit.cookies)
                    page = await context.new_page()
                    await page.goto(visit.url, wait_until="commit")
                    await self._unroll(page, sifter, over)
                    written = await self._read(page, visit, sifter)
            finally:
                await self._discard(context)
        return Shown(written, requests=sifter.requests, refused=proxy.refused + sifter.refused)

    async def _unroll(self, page: Page, sifter: Sifter, over: asyncio.Event) -> None:
        """Let the page's scripts run, and go down the page as long as that brings more: some lists have no next page.

        Ends when most of the time is up, whatever the scripts are at: some never cease.
        """
        deadline = time.monotonic() + self._table.seconds * _SHARE_OF_SETTLING
        await self._settle(sifter, over, deadline)
        elements: object = None
        while time.monotonic() < deadline and not over.is_set():
            asked, before = sifter.asked, elements
            try:
                elements = await page.evaluate(_GO_DOWN)
            except PlaywrightError:
                return  # the page's own scripts have meddled; it is read as it is
            if elements == before:
                return
            await asyncio.sleep(_DOWN_SECONDS)
            if sifter.asked != asked or sifter.under_way:
                await self._settle(sifter, over, deadline)

    async def _settle(self, sifter: Sifter, over: asyncio.Event, deadline: float) -> None:
        """Until the page's scripts have asked for nothing for a while, or have used up what they may."""
        quiet_since, asked = time.monotonic(), 0
        while time.monotonic() < deadline and not over.is_set():
            if sifter.under_way or sifter.asked != asked:
                quiet_since, asked = time.monotonic(), sifter.asked
            elif time.monotonic() - quiet_since >= self._table.quiet_seconds:
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def _read(self, page: Page, visit: Visit, sifter: Sifter) -> str:
        """The page's elements, and at their end what they do not say: where its scripts wanted to go.

        Read past the page's own scripts (Chrome DevTools Protocol, DOM), which could meddle, and into shadow roots.
        """
        reading = await page.context.new_cdp_session(page)
        document = (await reading.send("DOM.getDocument", {"depth": 0}))["root"]
        outer = await reading.send("DOM.getOuterHTML", {"nodeId": document["nodeId"], "includeShadowDOM": True})
        written, base = str(outer["outerHTML"]), str(document.get("baseURL", visit.url))
        if len(written) > self._table.bytes:
            raise BrowserFailedError("The page grew too large to be read.")
        moves = "".join(f'<a href="{escape(url)}"></a>' for url in sifter.moves)
        return (f'<base href="{escape(base)}">' if base != visit.url else "") + written + moves

    async def _discard(self, context: BrowserContext) -> None:
        """Close a page; end the browser when it cannot be closed, since a script then holds a processor for ever."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await context.close()
        except (TimeoutError, PlaywrightError):
            await self.close()

    async def _started(self) -> Chromium:
        async with self._starting:
            if self._chromium is None or not self._chromium.is_connected():
                await self._end()
                await self._start()
            assert self._chromium is not None
            return self._chromium

    async def _start(self) -> None:
        program = shutil.which(self._table.program)
        if program is None:
            raise ConfigError(
                f"[browser] program: there is no {self._table.program!r}. Install it (on Debian: apt-get install "
                "chromium), or leave `browser` out of the sites' profiles."
            )
        self._folder = MemoryFolder(Path(self._table.folder))
        places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(self._folder.path))
        with _temporary_files_in(self._folder.path):
            self._playwright = await async_playwright().start()
        try:
            self._chromium = await self._playwright.chromium.launch(
                executable_path=program,
                args=[*_SWITCHES, f"--js-flags=--max-old-space-size={self._table.memory_megabytes}"],
                ignore_default_args=[*_UNWANTED],
                proxy={"server": _NOWHERE},
                chromium_sandbox=os.geteuid() != 0,  # for root it does not start
                env={"PATH": os.defpath, "LANG": "C.UTF-8", **places},
                timeout=_START_SECONDS * 1000,
                # Ending is the crawler's business, not the terminal's.
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        except PlaywrightError:
            await self._end()
            raise BrowserFailedError(f"{self._table.program!r} did not start. Try it by hand: see README.") from None

    async def _end(self) -> None:
        chromium, playwright, folder = self._chromium, self._playwright, self._folder
        self._chromium = self._playwright = self._folder = None
        for ending in (chromium.close if chromium else None, playwright.stop if playwright else None):
            if ending is not None:
                with contextlib.suppress(TimeoutError, PlaywrightError):
                    async with asyncio.timeout(_CLOSE_SECONDS):
                        await ending()
        if folder is not None:
            folder.close()


async def _set_cookies(context: BrowserContext, cookies: Iterable[Mapping[str, str]]) -> None:
    """Give the page its site's session: each cookie with an address, or with a domain and a path."""
    for each in cookies:
        name, value, path = each["name"], each["value"], each.get("path", "/")
        if "url" in each:
            await context.add_cookies([{"name": name, "value": value, "url": each["url"]}])
        else:
            await context.add_cookies([{"name": name, "value": value, "domain": each["domain"], "path": path}])


@contextlib.contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Playwright's driver makes the browser's profile in the folder for temporary files that it inherits."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
