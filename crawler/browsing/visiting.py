"""What goes into the browser and what comes out. These hold what a site wrote, so they are no records."""

from collections.abc import Mapping, Sequence

from crawler.contract.errors import CrawlerError
from crawler.contract.reasons import Reason


class BrowserFailedError(CrawlerError):
    """The browser could not show the page, this time. The text tells nothing of the page."""


class Visit:
    """A page as it was fetched, to be shown."""

    __slots__ = ("cookies", "headers", "html", "site", "url", "user_agent")

    def __init__(
        self,
        url: str,
        html: str,
        *,
        site: str,
        user_agent: str,
        cookies: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.url = url
        self.html = html
        self.site = site
        """The name of the page's site: nothing else may be asked."""
        self.user_agent = user_agent
        self.cookies = cookies
        """The site's session, each with `name`, `value`, `domain` and `path`, or with `name`, `value` and `url`."""
        self.headers = dict(headers or {})
        """Sent with what the page's scripts ask of the page's own origin, as with the page itself."""

    def __repr__(self) -> str:
        return f"Visit(of site {self.site!r})"


class Shown:
    """A page after its scripts have run."""

    __slots__ = ("html", "refused", "requests")

    def __init__(self, html: str, *, requests: int, refused: Mapping[Reason, int]) -> None:
        self.html = html
        """The page's elements as they are now, to be read like any page at the same address.

        Where the scripts wanted to go, and windows they wanted to open, stand at its end as links.
        """
        self.requests = requests
        """What the scripts were given, by request; pictures are never among it."""
        self.refused = refused
        """What was refused to the scripts, by reason."""

    def __repr__(self) -> str:
        return f"Shown({self.requests} requests)"
