"""What the practice web answers at each address: filled by the sites, read by the server and by the truth."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from crawler.contract.reasons import Reason
from zoeklicht.practice.asked import Asked
from zoeklicht.practice.features import Feature
from zoeklicht.practice.items import Item, Likeness, Rendition
from zoeklicht.practice.touched import Touches
from zoeklicht.practice.truth import AnswerKind, Forbidden, ForbiddenKind, Need

HTML = "text/html; charset=utf-8"


class Inside(NamedTuple):
    """A known picture (or another thing that is known by its digests) within an answer's own body."""

    list_id: str
    likeness: Likeness
    path_inside: str | None = None
    """None: the body itself is known."""


class Answer(NamedTuple):
    """One response. It has a body of its own, or is a rendition of an item."""

    kind: AnswerKind
    status: int = 200
    media_type: str = HTML
    body: bytes = b""
    location: str | None = None
    item: Item | None = None
    rendition: Rendition = "full"
    headers: Mapping[str, str] = {}
    """Further ones."""
    feature: Feature | None = None
    """What getting here proves; None: the basic web."""
    inside: tuple[Inside, ...] = ()
    broken: Reason | None = None
    """The reason under which it is to be counted, for what is no item."""
    need: Need | None = None
    """What has to be done before anything leads here; None: nothing."""

    def __repr__(self) -> str:
        return f"Answer({self.kind}, {self.status})"


class Rule(Protocol):
    """Stands before the answers of a host and remembers who came: a lock, a trap, a server that is short of breath."""

    def __call__(self, asked: Asked, answer: Answer | None) -> Answer | None:
        """The answer to give instead of this one, or this one. None: not found."""


MakeRule = Callable[[Touches], Rule]
"""Makes a rule that remembers nothing yet, each time the web is opened."""


class Answers:
    """All answers of the practice web, by host address and by path with query."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.by_place: dict[tuple[str, str], Answer] = {}
        self.rules: dict[str, list[MakeRule]] = {}
        """By host address, asked in this order."""
        self._feature: Feature | None = None
        self._need: Need | None = None
        self._headers: Mapping[str, str] = {}
        self.forbidden_elsewhere: list[Forbidden] = []
        """What lies on no address of this machine and must not be asked for either."""

    @contextmanager
    def proving(self, feature: Feature) -> Iterator[None]:
        """Whatever is put in place meanwhile proves that feature."""
        self._feature, before = feature, self._feature
        try:
            yield
        finally:
            self._feature = before

    @contextmanager
    def needing(self, need: Need) -> Iterator[None]:
        """Nothing leads to what is put in place meanwhile until something is done."""
        self._need = need
        try:
            yield
        finally:
            self._need = None

    @contextmanager
    def heading(self, headers: Mapping[str, str]) -> Iterator[None]:
        """What is put in place meanwhile is sent with these headers."""
        self._headers = headers
        try:
            yield
        finally:
            self._headers = {}

    def rule(self, address: str, make: MakeRule) -> None:
        """Let a rule stand before a host, after those that do already."""
        self.rules.setdefault(address, []).append(make)

    def url(self, address: str, target: str) -> str:
        """The full address of a path on one of the hosts."""
        return f"http://{address}:{self.port}{target}"

    def put(self, address: str, target: str, answer: Answer) -> str:
        """Answer so at that place; returns its full address. Raises `ValueError` where something else stands."""
        if answer.feature is None:
            answer = answer._replace(feature=self._feature, need=self._need)
        if self._headers:
            answer = answer._replace(headers={**answer.headers, **self._headers})
        if self.by_place.setdefault((address, target), answer) != answer:
            raise ValueError(f"two different answers at {target} of {address}")
        return self.url(address, target)

    def page(self, address: str, target: str, html: str) -> str:
        """Put a page there."""
        return self.put(address, target, Answer("page", body=html.encode()))

    def redirect(self, address: str, target: str, location: str | None, *, status: int = 302) -> str:
        """Put a redirect there; without a location it is one that leads nowhere."""
        return self.put(address, target, Answer("redirect", status, location=location))

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
        entry = Forbidden(url=url, kind=kind, feature=self._feature)
        if entry not in self.forbidden_elsewhere:
            self.forbidden_elsewhere.append(entry)
        return url
