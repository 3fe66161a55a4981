"""Sites to come back to: pictures with validators, and a page on which new ones appear."""

from email.utils import formatdate
from typing import get_args
from urllib.parse import urlsplit

from zoeklicht.practice.answers import Answer
from zoeklicht.practice.asked import Asked
from zoeklicht.practice.hanging import Hanging, PracticeSite, Profile, profile
from zoeklicht.practice.items import Item
from zoeklicht.practice.markup import document
from zoeklicht.practice.touched import Touches
from zoeklicht.practice.truth import Need

VALIDATORS = "127.0.0.53"
GROWING = "127.0.0.54"

_MODIFIED = formatdate(1_700_000_000, usegmt=True)
_STEPS: tuple[Need, ...] = tuple(need for need in get_args(Need) if need.startswith("grown"))


def hang_validators(hanging: Hanging) -> None:
    """Pictures with an ETag, with a Last-Modified date, with both, and with neither; unchanged for ever."""
    hanging.robots(VALIDATORS)
    shown = ""
    for place in range(4):
        item = hanging.supply.planted()
        headers = {}
        if place in {0, 2}:
            headers["etag"] = f'"{item.code}"'
        if place in {1, 2}:
            headers["last-modified"] = _MODIFIED
        with hanging.answers.heading(headers):
            shown += _image(hanging, VALIDATORS, item)
    hanging.page(VALIDATORS, "/", "Unchanged", shown)

    def make(touches: Touches) -> _Validating:
        return _Validating(touches)

    hanging.answers.rule(VALIDATORS, make)


class _Validating:
    """Answers conditional requests (RFC 9110, 13.2.2): the ETag decides where both are sent."""

    def __init__(self, touches: Touches) -> None:
        self._touches = touches

    def __call__(self, asked: Asked, answer: Answer | None) -> Answer | None:
        tags, since = asked.headers.get("if-none-match"), asked.headers.get("if-modified-since")
        if answer is None or (tags is None and since is None):
            return answer
        self._touches.note("conditional")
        tag, date = answer.headers.get("etag"), answer.headers.get("last-modified")
        same = tag in [each.strip() for each in tags.split(",")] if tags is not None else since == date
        if not same or (tag is None and date is None):
            return answer
        self._touches.note("not_modified")
        return answer._replace(status=304)


def hang_growing(hanging: Hanging) -> None:
    """A page with a picture, on which another known one appears each time that `/-/grow` is asked for."""
    hanging.robots(GROWING)
    first = hanging.shown(GROWING)
    steps = []
    for need in _STEPS:
        with hanging.answers.needing(need):
            steps.append(_image(hanging, GROWING, hanging.supply.planted()))
    hanging.page(GROWING, "/", "Newest", first)

    def make(touches: Touches) -> _Growing:
        return _Growing(touches, first, steps)

    hanging.answers.rule(GROWING, make)


class _Growing:
    """Shows on the front page what has grown so far; the rest is not there yet."""

    def __init__(self, touches: Touches, first: str, steps: list[str]) -> None:
        self._touches = touches
        self._first = first
        self._steps = steps

    def __call__(self, asked: Asked, answer: Answer | None) -> Answer | None:
        grown = self._touches.grown
        if answer is not None and answer.need is not None and _STEPS.index(answer.need) >= grown:
            return None
        if asked.target == "/" and answer is not None:
            shown = "".join(reversed(self._steps[:grown])) + self._first
            return answer._replace(body=document("Newest", shown).encode())
        return answer


def _image(hanging: Hanging, address: str, item: Item) -> str:
    url = hanging.files(address, "pictures", item)["full"]
    return f'<p><img src="{urlsplit(url).path}" alt=""></p>'


def _validators(port: int) -> list[Profile]:
    return [profile("validators", "image_host", VALIDATORS, port)]


def _growing(port: int) -> list[Profile]:
    return [profile("growing", "image_host", GROWING, port)]


SITES = (
    PracticeSite("validators", (VALIDATORS,), hang_validators, _validators),
    PracticeSite("growing", (GROWING,), hang_growing, _growing),
)
"""In the order of this file."""
