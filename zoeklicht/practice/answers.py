"""What the practice web answers at each address: filled by the sites, read by the server and by the truth."""

from typing import Literal, NamedTuple

from zoeklicht.practice.items import Item, Rendition
from zoeklicht.practice.truth import Forbidden, ForbiddenKind

AnswerKind = Literal["page", "picture", "redirect", "missing", "robots_txt", "robots", "acting", "outside"]
"""The last three are forbidden: behind robots.txt, acting, on a host that is no configured site."""

HTML = "text/html; charset=utf-8"


class Answer(NamedTuple):
    """One response. It has a body of its own, or is a rendition of an item."""

    kind: AnswerKind
    status: int = 200
    media_type: str = HTML
    body: bytes = b""
    location: str | None = None
    item: Item | None = None
    rendition: Rendition = "full"

    def __repr__(self) -> str:
        return f"Answer({self.kind}, {self.status})"


class Answers:
    """All answers of the practice web, by host address and by path with query."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.by_place: dict[tuple[str, str], Answer] = {}
        self.forbidden_elsewhere: list[Forbidden] = []
        """What lies on no address of this machine and must not be asked for either."""

    def url(self, address: str, target: str) -> str:
        """The full address of a path on one of the hosts."""
        return f"http://{address}:{self.port}{target}"

    def put(self, address: str, target: str, answer: Answer) -> str:
        """Answer so at that place; returns its full address. Raises `ValueError` where something else stands."""
        if self.by_place.setdefault((address, target), answer) != answer:
            raise ValueError(f"two different answers at {target} of {address}")
        return self.url(address, target)

    def page(self, address: str, target: str, html: str) -> str:
        """Put a page there."""
        return self.put(address, target, Answer("page", body=html.encode()))

    def redirect(self, address: str, target: str, location: str) -> str:
        """Put a redirect (302) there."""
        return self.put(address, target, Answer("redirect", 302, location=location))

    def acting(self, address: str, target: str) -> str:
        """Put something there that acts when it is asked for, were this more than practice."""
        return self.put(address, target, Answer("acting", body=b"<!doctype html><p>Done.</p>"))

    def rendition(self, address: str, target: str, item: Item, rendition: Rendition) -> str:
        """Put a rendition of an item there; if there is no such rendition, the page that says so."""
        if rendition not in item.files:
            gone = b"<!doctype html><title>Gone</title><p>This picture was removed."
            return self.put(address, target, Answer("missing", 404, body=gone, item=item, rendition=rendition))
        media_type = item.files[rendition][1]
        return self.put(address, target, Answer("picture", media_type=media_type, item=item, rendition=rendition))

    def forbid(self, url: str, kind: ForbiddenKind) -> str:
        """Take note of an address elsewhere that must not be asked for."""
        entry = Forbidden(url=url, kind=kind)
        if entry not in self.forbidden_elsewhere:
            self.forbidden_elsewhere.append(entry)
        return url
