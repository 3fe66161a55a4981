"""The whole practice web in memory, ready to be served: every address, every answer, and the truth about them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from crawler.contract.reasons import Reason
from zoeklicht.practice.answers import Answer, Answers, MakeRule
from zoeklicht.practice.catalogue import catalogue
from zoeklicht.practice.features import BASIC, Feature
from zoeklicht.practice.forum import Forum
from zoeklicht.practice.hanging import Hanging
from zoeklicht.practice.hazards import OUTSIDE, Hazards
from zoeklicht.practice.image_host import ImageHost
from zoeklicht.practice.items import ALBUM_STYLES, Shelf
from zoeklicht.practice.places import FORUM_HOSTS, IMAGE_HOSTS
from zoeklicht.practice.registry import PRACTICE_SITES, sites_of
from zoeklicht.practice.supply import Supply
from zoeklicht.practice.truth import (
    AnswerKind,
    Broken,
    Forbidden,
    ForbiddenKind,
    KnownPicture,
    NearMiss,
    Planted,
    Truth,
)

ADDRESSES = (*IMAGE_HOSTS, *FORUM_HOSTS, *(host for site in PRACTICE_SITES for host in site.hosts), OUTSIDE)
"""Each is a host of its own to a crawler; the last one is no configured site."""

_FORBIDDEN: dict[AnswerKind, ForbiddenKind] = {
    "robots": "robots",
    "acting": "acting",
    "outside": "outside",
    "messages": "messages",
}


@dataclass(frozen=True, kw_only=True)
class PracticeWeb:
    """Everything that is served. The same for the same seed, number of pictures, features, day and port."""

    port: int
    answers: Mapping[tuple[str, str], Answer]
    """By host address, and path with query."""
    rules: Mapping[str, Sequence[MakeRule]]
    """What stands before the answers of a host, by its address."""
    shelf: Shelf
    truth: Truth
    known: Sequence[KnownPicture]

    def body_of(self, answer: Answer) -> bytes:
        """The bytes of an answer, made now if they are a picture that was not asked for before."""
        if answer.item is None or answer.kind != "picture":
            return answer.body
        return self.shelf.bytes_of(answer.item.code, answer.rendition)

    def urls(self, kind: AnswerKind) -> set[str]:
        """The full addresses of all answers of that kind."""
        return {
            f"http://{address}:{self.port}{target}"
            for (address, target), answer in self.answers.items()
            if answer.kind == kind
        }


def build(
    *, seed: int, pictures: int, port: int, features: Collection[Feature] = BASIC, today: date | None = None
) -> PracticeWeb:
    """Make a practice web of so many pictures (besides them: thumbnails and other renditions, about as many again).

    Features bring their own pictures. `today` is the calendar's; None: the day it is, UTC. Paints only what is planted;
    the rest is painted when asked for, or by `shelf.fill()`. Raises `ValueError` for fewer pictures than hold every
    kind of planting.
    """
    hung = catalogue(seed, pictures)
    answers = Answers(port)
    hazards = Hazards(answers, bait=hung.known[0])
    image_host = ImageHost(answers, hazards, IMAGE_HOSTS)
    viewers = image_host.hang_albums([item for item in hung.items if item.style in ALBUM_STYLES])
    forum = Forum(answers, hazards, FORUM_HOSTS, image_host)
    forum.hang([item for item in hung.items if item.style not in ALBUM_STYLES], viewers, seed)
    hanging = Hanging(
        answers=answers,
        supply=Supply(hung.known, seed),
        hazards=hazards,
        today=today or datetime.now(UTC).date(),
        known=[original.entry for original in hung.known],
        trapped_at_most={},
        least_gaps_s={},
    )
    for site in sites_of(features):
        with answers.proving(site.feature):
            site.hang(hanging)
    return PracticeWeb(
        port=port,
        answers=answers.by_place,
        rules=answers.rules,
        shelf=Shelf([*hung.items, *hanging.supply.items]),
        truth=_truth(hanging, seed, features),
        known=hanging.known,
    )


def _truth(hanging: Hanging, seed: int, features: Collection[Feature]) -> Truth:
    answers = hanging.answers
    planted: list[Planted] = []
    near_misses: list[NearMiss] = []
    broken: list[Broken] = []
    forbidden: list[Forbidden] = list(answers.forbidden_elsewhere)
    for (address, target), answer in answers.by_place.items():
        url = answers.url(address, target)
        if answer.kind in _FORBIDDEN:
            forbidden.append(Forbidden(url=url, kind=_FORBIDDEN[answer.kind], feature=answer.feature))
        elif (reason := _broken_by(answer)) is not None:
            broken.append(Broken(url=url, reason=reason, feature=answer.feature))
        elif answer.item is not None and answer.item.near_miss:
            near_misses += _near_misses(url, answer)
        else:
            planted += _planted(url, answer)
    counted = [answer for answer in answers.by_place.values() if answer.need is None]
    kinds = [answer.kind for answer in counted]
    return Truth(
        seed=seed,
        features=tuple(sorted(features)),
        planted=tuple(each for each in planted if each.need is None),
        later=tuple(each for each in planted if each.need is not None),
        near_misses=tuple(near_misses),
        broken=tuple(broken),
        forbidden=tuple(forbidden),
        pages=kinds.count("page"),
        pictures=kinds.count("picture"),
        archives=kinds.count("archive"),
        videos=kinds.count("video"),
        style_sheets=kinds.count("style"),
        trapped_at_most=hanging.trapped_at_most,
        least_gaps_s=hanging.least_gaps_s,
    )


def _broken_by(answer: Answer) -> Reason | None:
    if answer.kind == "missing":
        return Reason.NOT_FOUND
    if answer.item is not None and answer.rendition == "full":
        return answer.item.broken
    return answer.broken


def _near_misses(url: str, answer: Answer) -> Iterator[NearMiss]:
    item = answer.item
    assert item is not None
    if item.likeness is not None and item.list_id is not None:
        yield NearMiss(url=url, list_id=item.list_id, distance=item.likeness[answer.rendition].distance)


def _planted(url: str, answer: Answer) -> Iterator[Planted]:
    """The known pictures of one answer: itself, or what is inside of it."""
    known = [(inside.list_id, inside.likeness, inside.path_inside) for inside in answer.inside]
    item = answer.item
    if item is not None and item.likeness is not None and item.list_id is not None:
        known.append((item.list_id, item.likeness[answer.rendition], None))
    for list_id, like, path_inside in known:
        yield Planted(
            url=url,
            list_id=list_id,
            treatment=like.treatment,
            distance=like.distance,
            path_inside=path_inside,
            feature=answer.feature,
            need=answer.need,
        )
