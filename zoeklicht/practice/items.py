"""What hangs in the practice web: items, each one picture in its renditions, and the shelf that holds their bytes."""

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, get_args

from crawler.contract.reasons import Reason
from zoeklicht.practice.truth import Treatment

Rendition = Literal["full", "thumb", "middle", "webp"]

AlbumStyle = Literal[
    "plain", "srcset", "lazy", "source", "direct", "background", "open_graph", "code", "redirect", "poster"
]
AttachmentStyle = Literal["attached", "inline", "named"]
HotlinkStyle = Literal["hot_thumbnail", "hot_text", "hot_viewer"]
Style = Literal[AlbumStyle, AttachmentStyle, HotlinkStyle]
"""How a page leads to the full picture: from an album's viewer page, as an attachment in the forum, or from the forum
to a picture on the image host that no album shows."""

ALBUM_STYLES: tuple[Style, ...] = get_args(AlbumStyle)
ATTACHMENT_STYLES: tuple[Style, ...] = get_args(AttachmentStyle)
HOTLINK_STYLES: tuple[Style, ...] = get_args(HotlinkStyle)

_ADDED: dict[Style, Rendition] = {"srcset": "middle", "source": "webp"}
_WITHOUT_THUMBNAIL: frozenset[Style] = frozenset({"inline", "named", "hot_text"})


def renditions_of(style: Style) -> tuple[Rendition, ...]:
    """The renditions that pages of this style lead to."""
    shown: list[Rendition] = ["full"]
    if style not in _WITHOUT_THUMBNAIL:
        shown.append("thumb")
    if style in _ADDED:
        shown.append(_ADDED[style])
    return tuple(shown)


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How one rendition of an item relates to a known picture."""

    treatment: Treatment
    distance: int
    """PDQ, in bits."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One picture of the web. Its bytes are made when they are asked for, all renditions at once."""

    code: str
    """Names it in addresses, and tells nothing."""
    style: Style
    files: Mapping[Rendition, tuple[str, str]]
    """Extension and media type of each rendition there is; "full" is missing when only a thumbnail is left."""
    make: Callable[[], Mapping[Rendition, bytes]]
    list_id: str | None = None
    """The known picture it derives from."""
    near_miss: bool = False
    likeness: Mapping[Rendition, Likeness] | None = None
    """Of each rendition to the known picture."""
    broken: Reason | None = None
    """Why the full picture cannot be decoded."""


class Shelf:
    """Holds the bytes of items in memory. Thread-safe."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = {item.code: item for item in items}
        self._made: dict[str, Mapping[Rendition, bytes]] = {}
        self._lock = threading.Lock()

    def bytes_of(self, code: str, rendition: Rendition) -> bytes:
        """The bytes of one rendition, made now if they are not there yet. Raises `KeyError` when there is none."""
        made = self._made.get(code)
        if made is None:
            fresh = self._items[code].make()
            with self._lock:
                made = self._made.setdefault(code, fresh)
        return made[rendition]

    def fill(self) -> None:
        """Make all there is: 7 ms a picture. Pillow lets go of the interpreter while it works, so threads help."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for _ in pool.map(lambda item: self.bytes_of(item.code, next(iter(item.files))), self._items.values()):
                pass
