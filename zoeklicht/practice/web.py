"""The whole practice web in memory, ready to be served: every address, every answer, and the truth about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crawler.contract.reasons import Reason
from zoeklicht.practice.answers import Answer, AnswerKind, Answers
from zoeklicht.practice.catalogue import catalogue
from zoeklicht.practice.forum import Forum
from zoeklicht.practice.hazards import OUTSIDE, Hazards
from zoeklicht.practice.image_host import ImageHost
from zoeklicht.practice.items import ALBUM_STYLES, Shelf
from zoeklicht.practice.truth import Broken, Forbidden, ForbiddenKind, KnownPicture, NearMiss, Planted, Truth

IMAGE_HOSTS = tuple(f"127.0.0.{last}" for last in range(2, 8))
FORUM_HOSTS = ("127.0.0.8", "127.0.0.9")
ADDRESSES = (*IMAGE_HOSTS, *FORUM_HOSTS, OUTSIDE)
"""Each is a host of its own to a crawler; the last one is no configured site."""

_FORBIDDEN: dict[AnswerKind, ForbiddenKind] = {"robots": "robots", "acting": "acting", "outside": "outside"}


@dataclass(frozen=True, kw_only=True)
class PracticeWeb:
    """Everything that is served. The same for the same seed, number of pictures and port."""

    port: int
    answers: Mapping[tuple[str, str], Answer]
    """By host address, and path with query."""
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


def build(*, seed: int, pictures: int, port: int) -> PracticeWeb:
    """Make a practice web of so many pictures (besides them: thumbnails and other renditions, about as many again).

    Paints only what is planted; the rest is painted when asked for, or by `shelf.fill()`. Raises `ValueError` for
    fewer pictures than hold every kind of planting.
    """
    hung = catalogue(seed, pictures)
    answers = Answers(port)
    hazards = Hazards(answers, bait=hung.known[0])
    image_host = ImageHost(answers, hazards, IMAGE_HOSTS)
    viewers = image_host.hang_albums([item for item in hung.items if item.style in ALBUM_STYLES])
    forum = Forum(answers, hazards, FORUM_HOSTS, image_host)
    forum.hang([item for item in hung.items if item.style not in ALBUM_STYLES], viewers, seed)
    return PracticeWeb(
        port=port,
        answers=answers.by_place,
        shelf=Shelf(hung.items),
        truth=_truth(answers, seed),
        known=[original.entry for original in hung.known],
    )


def _truth(answers: Answers, seed: int) -> Truth:
    planted: list[Planted] = []
    near_misses: list[NearMiss] = []
    broken: list[Broken] = []
    forbidden: list[Forbidden] = list(answers.forbidden_elsewhere)
    for (address, target), answer in answers.by_place.items():
        url = answers.url(address, target)
        item = answer.item
        if answer.kind in _FORBIDDEN:
            forbidden.append(Forbidden(url=url, kind=_FORBIDDEN[answer.kind]))
        elif answer.kind == "missing":
            broken.append(Broken(url=url, reason=Reason.NOT_FOUND))
        elif item is not None and item.broken is not None and answer.rendition == "full":
            broken.append(Broken(url=url, reason=item.broken))
        elif item is not None and item.likeness is not None and item.list_id is not None:
            like = item.likeness[answer.rendition]
            if item.near_miss:
                near_misses.append(NearMiss(url=url, list_id=item.list_id, distance=like.distance))
            else:
                entry = Planted(url=url, list_id=item.list_id, treatment=like.treatment, distance=like.distance)
                planted.append(entry)
    kinds = [answer.kind for answer in answers.by_place.values()]
    return Truth(
        seed=seed,
        planted=tuple(planted),
        near_misses=tuple(near_misses),
        broken=tuple(broken),
        forbidden=tuple(forbidden),
        pages=kinds.count("page"),
        pictures=kinds.count("picture"),
    )
