"""What a page's scripts may ask for, decided request by request before it leaves the browser.

Scripts, and what they fetch, by GET and from the page's own site (the proxy sees to that once more). Never pictures,
films, sounds or fonts: a picture that the page shows is answered with a pixel of ours, so that scripts that wait for
it go on and leave its address in the page. What a script fetches is looked at before the browser gets it.
"""

import re
from collections import Counter
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Request, Route
from playwright.async_api import Error as PlaywrightError

from crawler.browsing.visiting import Visit
from crawler.contract.reasons import Reason
from crawler.contract.sites import SiteProfile
from crawler.hashing.formats import format_of
from crawler.sites import acts

_PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c000000000100010000020144003b")
_FETCHED = frozenset({"script", "xhr", "fetch"})
_MEDIA = re.compile(r"\.(?:jpe?g|jpe|jfif|png|apng|gif|webp|avif|bmp|heic|mp4|webm|m4v|mov|mkv|avi)$", re.IGNORECASE)
_MEDIA_TYPES = ("image/", "video/", "audio/", "font/", "application/octet-stream", "application/zip")
_NO_PICTURE = frozenset({Reason.EMPTY, Reason.NOT_A_PICTURE})
_MOST_HOPS = 5
_SECONDS = 10.0
_MOST_MOVES = 200
_OWN_HEADERS = ("cookie", "host", "content-length", "connection", "accept-encoding")


class Sifter:
    """Decides for one page, and counts."""

    def __init__(self, visit: Visit, profile: SiteProfile, *, most_requests: int) -> None:
        self._visit = visit
        self._acting = profile.acting_links
        self._logged_in = profile.login is not None or profile.basic_auth is not None
        self._most = most_requests
        self._served = False
        self.asked = 0
        """Requests seen so far, whatever became of them."""
        self.under_way = 0
        self.requests = 0
        self.refused: Counter[Reason] = Counter()
        self.moves: dict[str, None] = {}
        """Where scripts wanted to go instead of staying."""

    async def attach(self, context: BrowserContext) -> None:
        """See every request of the context: pages, frames, workers. Sockets are closed as they open."""
        await context.route("**/*", self._decide)
        await context.route_web_socket(re.compile(".*"), lambda socket: socket.close())

    async def _decide(self, route: Route) -> None:
        request = route.request
        self.under_way += 1
        self.asked += 1
        try:
            await self._answer(route, request)
        except (PlaywrightError, ValueError):  # the page is closed meanwhile, or the site did not answer
            await _abort(route)
        finally:
            self.under_way -= 1

    async def _answer(self, route: Route, request: Request) -> None:
        kind = request.resource_type
        if request.is_navigation_request():
            await self._navigate(route, request)
        elif request.method != "GET":
            await self._refuse(route, Reason.ACTING_LINK)
        elif kind == "image":
            await route.fulfill(status=200, content_type="image/gif", body=_PIXEL)
        elif kind == "stylesheet":  # loaders wait for theirs; the crawler reads style sheets itself
            await route.fulfill(status=200, content_type="text/css", body="")
        elif kind not in _FETCHED or _MEDIA.search(urlsplit(request.url).path):
            await _abort(route)
        elif self.requests >= self._most:
            await self._refuse(route, Reason.OVER_BUDGET)
        elif kind != "script" and acts(request.url, patterns=self._acting, logged_in=self._logged_in):
            await self._refuse(route, Reason.ACTING_LINK)
        else:
            self.requests += 1
            await self._fetch(route, request)

    async def _navigate(self, route: Route, request: Request) -> None:
        """The page itself is given as it was fetched, once; frames and further pages are links like any other."""
        frame = request.frame
        if not self._served and request.url == self._visit.url and frame.parent_frame is None:
            self._served = True
            await route.fulfill(status=200, content_type="text/html; charset=utf-8", body=self._visit.html)
            return
        if frame.parent_frame is None:
            self.note(request.url)
        await _abort(route)

    async def _fetch(self, route: Route, request: Request) -> None:
        """Through the proxy, outside of the page: what it is, is seen before the page gets it."""
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN_HEADERS}
        if _origin(request.url) == _origin(self._visit.url):
            headers |= self._visit.headers
        response = await route.fetch(headers=headers, max_redirects=_MOST_HOPS, timeout=_SECONDS * 1000)
        media_type = response.headers.get("content-type", "").lower()
        if media_type.startswith(_MEDIA_TYPES) or format_of(await response.body()) not in _NO_PICTURE:
            await response.dispose()
            await _abort(route)
            return
        await route.fulfill(response=response)

    def note(self, url: str) -> None:
        """Remember where a script wanted to go."""
        if url.startswith(("http://", "https://")) and url != self._visit.url and len(self.moves) < _MOST_MOVES:
            self.moves[url] = None

    async def _refuse(self, route: Route, reason: Reason) -> None:
        self.refused[reason] += 1
        await _abort(route)


async def _abort(route: Route) -> None:
    try:
        await route.abort("aborted")  # with any other error the browser would show a page that says so
    except PlaywrightError:
        return  # it was answered, or its page is gone


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
