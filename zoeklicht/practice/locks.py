"""Rules that let in only those who bring what a site asks for."""

from collections.abc import Callable, Collection, Mapping

from zoeklicht.practice.answers import Answer, MakeRule
from zoeklicht.practice.asked import Asked
from zoeklicht.practice.features import Feature
from zoeklicht.practice.touched import Touches

OPEN = frozenset({"/robots.txt", "/"})


def refusal(feature: Feature, status: int, says: str, headers: Mapping[str, str] | None = None) -> Answer:
    """The answer of a lock that stays shut."""
    body = f"<!doctype html><html><head><title>{says}</title></head><body><p>{says}</p></body></html>"
    return Answer("refused", status, body=body.encode(), feature=feature, headers=headers or {})


def closed(
    opens: Callable[[Asked], bool],
    shut: Answer,
    *,
    pictures_shut: Answer | None = None,
    spared: Collection[str] = OPEN,
) -> MakeRule:
    """A lock before all that exists on a host and is not `spared`.

    `opens` says whether a request brings the key. Those without get `shut`, those for pictures `pictures_shut`.
    """

    def make(_: Touches) -> "_Closed":
        return _Closed(opens, shut, pictures_shut or shut, frozenset(spared))

    return make


class _Closed:
    def __init__(
        self, opens: Callable[[Asked], bool], shut: Answer, pictures_shut: Answer, spared: frozenset[str]
    ) -> None:
        self._opens = opens
        self._shut = shut
        self._pictures_shut = pictures_shut
        self._spared = spared

    def __call__(self, asked: Asked, answer: Answer | None) -> Answer | None:
        if answer is None or answer.kind in {"entry", "refused"} or asked.target in self._spared or self._opens(asked):
            return answer
        return self._pictures_shut if answer.kind == "picture" else self._shut
