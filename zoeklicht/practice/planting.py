"""Plants known pictures in several disguises, and pictures that are nearly but not quite known. Each is measured.

The matching distance is 31. What is planted lies at 27 or less and what must not hit at 36 or more, in every
rendition, so that no rounding anywhere decides a score.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from PIL import Image

from zoeklicht.practice.items import Item, Likeness, Rendition, Style, renditions_of
from zoeklicht.practice.likeness import distance, looks_and_digests, pdq_of
from zoeklicht.practice.pictures import EXTENSIONS, MEDIA_TYPES, Form, Motif, encode, motif, paint, shrunk
from zoeklicht.practice.truth import KnownPicture, Treatment

SURELY_WITHIN = 27
SURELY_BEYOND = 36
_NEAR_MISS_UP_TO = 60
_NEAR_MISS_AIM = 46
_ATTEMPTS = 24
_LONGEST = 1024
THUMBNAIL = 240
"""Pixels of a thumbnail's longer side."""

Files = Mapping[Rendition, tuple[Form, bytes]]


class Original(NamedTuple):
    """A known picture, as whoever made the list had it."""

    entry: KnownPicture
    image: Image.Image
    form: Form
    data: bytes
    pdq: int


def originals(seed: int, first: int, name: int) -> Iterator[Original]:
    """Known pictures that could bear that number in the list, one after the other, until one can be planted."""
    for attempt in count():
        what = small_enough(motif(seed, first + attempt * 1_000_000))
        image = paint(what)
        data = encode(image, what.form)
        looks, digests = looks_and_digests(data)
        list_id = f"practice-{name:04d}"
        entry = KnownPicture(list_id=list_id, sha256=digests.sha256, md5=digests.md5, pdq=looks.pdq)
        yield Original(entry, image, what.form, data, int(looks.pdq, 16))


def small_enough(what: Motif) -> Motif:
    """The motif at 1024 pixels at most: each planted picture is hashed before the web opens, in every rendition."""
    longest = max(what.width, what.height)
    if longest <= _LONGEST:
        return what
    return what._replace(width=what.width * _LONGEST // longest, height=what.height * _LONGEST // longest)


def planted_item(original: Original, treatment: Treatment, style: Style, code: str) -> Item | None:
    """The original in this disguise; None when some rendition of it would not surely match."""
    files = _disguised(original, treatment, style)
    likeness = {
        rendition: Likeness(
            treatment=_treatment_of(treatment, rendition),
            distance=distance(original.pdq, pdq_of(data)),
        )
        for rendition, (_, data) in files.items()
    }
    if any(each.distance > SURELY_WITHIN for each in likeness.values()):
        return None
    return _item(code, style, files, original.entry.list_id, likeness, near_miss=False)


def near_miss_item(original: Original, other: Motif, style: Style, code: str) -> Item | None:
    """The original with another picture shining through, so much that no rendition matches any more.

    None when that cannot be had between the bounds.
    """
    veil = paint(other._replace(width=original.image.width, height=original.image.height))
    low, high = 0.0, 0.6
    for _ in range(_ATTEMPTS):
        share = (low + high) / 2
        files = _renditions(Image.blend(original.image, veil, share), "jpeg", style)
        apart = {rendition: distance(original.pdq, pdq_of(data)) for rendition, (_, data) in files.items()}
        if min(apart.values()) >= SURELY_BEYOND and max(apart.values()) <= _NEAR_MISS_UP_TO:
            likeness = {name: Likeness(treatment="reencoded", distance=bits) for name, bits in apart.items()}
            return _item(code, style, files, original.entry.list_id, likeness, near_miss=True)
        if apart["full"] < _NEAR_MISS_AIM:
            low = share
        else:
            high = share
    return None


def ordinary_item(what: Motif, style: Style, code: str) -> Item:
    """A picture that nobody knows, painted when it is asked for."""
    forms = {rendition: what.form if rendition == "full" else _FORM_OF[rendition] for rendition in renditions_of(style)}

    def make() -> Mapping[Rendition, bytes]:
        return {name: data for name, (_, data) in _renditions(paint(what), what.form, style).items()}

    return Item(code=code, style=style, files=_named(forms), make=make)


_FORM_OF: dict[Rendition, Form] = {"thumb": "jpeg", "middle": "jpeg", "webp": "webp"}

_DERIVED: dict[Rendition, Treatment] = {"thumb": "thumbnail", "middle": "resized", "webp": "reencoded"}


def _treatment_of(treatment: Treatment, rendition: Rendition) -> Treatment:
    return _DERIVED.get(rendition, treatment)


def _renditions(image: Image.Image, form: Form, style: Style) -> dict[Rendition, tuple[Form, bytes]]:
    made: dict[Rendition, tuple[Form, bytes]] = {}
    for rendition in renditions_of(style):
        match rendition:
            case "full":
                made[rendition] = (form, encode(image, form))
            case "thumb":
                made[rendition] = ("jpeg", encode(shrunk(image, THUMBNAIL), "jpeg", quality=80))
            case "middle":
                made[rendition] = ("jpeg", encode(shrunk(image, max(image.size) // 2), "jpeg", quality=82))
            case "webp":
                made[rendition] = ("webp", encode(image, "webp", quality=75))
    return made


def _disguised(original: Original, treatment: Treatment, style: Style) -> Files:
    image = original.image
    match treatment:
        case "identical":
            files = _renditions(image, original.form, style)
            return files | {"full": (original.form, original.data)}
        case "reencoded":
            files = _renditions(image, "jpeg", style)
            form: Form = "webp" if original.entry.list_id[-1] in "02468" else "jpeg"
            return files | {"full": (form, encode(image, form, quality=60))}
        case "resized":
            return _renditions(shrunk(image, max(image.size) // 2), "jpeg", style)
        case "thumbnail":  # all that is left: the full picture is gone
            return {"thumb": ("jpeg", encode(shrunk(image, THUMBNAIL), "jpeg", quality=80))}


def _item(
    code: str,
    style: Style,
    files: Files,
    list_id: str,
    likeness: Mapping[Rendition, Likeness],
    *,
    near_miss: bool,
) -> Item:
    data = {rendition: each for rendition, (_, each) in files.items()}
    forms = {rendition: form for rendition, (form, _) in files.items()}
    return Item(
        code=code,
        style=style,
        files=_named(forms),
        make=lambda: data,
        list_id=list_id,
        near_miss=near_miss,
        likeness=likeness,
    )


def _named(forms: Mapping[Rendition, Form]) -> dict[Rendition, tuple[str, str]]:
    return {rendition: (EXTENSIONS[form], MEDIA_TYPES[form]) for rendition, form in forms.items()}


def matching_styles(treatment: Treatment, styles: Sequence[Style]) -> list[Style]:
    """The styles in which that disguise can be shown: one that is only a thumbnail needs pages that show one."""
    if treatment != "thumbnail":
        return list(styles)
    return [style for style in styles if renditions_of(style) == ("full", "thumb")]
