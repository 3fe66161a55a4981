"""Forums: boards, topics and posts, in which people link: with thumbnails, attachments, and addresses as plain text.

Written for the markup of phpBB, vBulletin, MyBB, SMF, XenForo, Discourse, FlaskBB and their like; what they have in
common is all it knows of them.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from spiders.addresses import picture_by_name
from spiders.base import RuleSpider
from spiders.elements import Element, Found, near, of, words_in

_ATTACHMENT = re.compile(
    r"attach|picture|photo|image|img|original|full[-_]?size|download|dlattach|upload|/media/|/file", re.IGNORECASE
)
_PAGES = (".html", ".htm")


def attachments(element: Element) -> Iterator[Found]:
    """A link around a thumbnail, or named like a picture, leads to the picture if its address speaks of an attachment.

    It may turn out to be a page that shows the attachment: what comes back is looked at, whatever was expected.
    """
    written = element.get("href", "")
    try:
        parts = urlsplit(written)
    except ValueError:
        return
    if parts.path.endswith(_PAGES) or not _ATTACHMENT.search(f"{parts.path}?{parts.query}"):
        return
    if has_thumbnail(element) or any(picture_by_name(text.strip()) for text in words_in(element)):
        yield written, "picture"


def has_thumbnail(element: Element) -> bool:
    """Whether a picture stands in a link, near its beginning."""
    return any(each.tag in {"img", "picture"} for each in near(element))


def downloads(element: Element) -> Iterator[Found]:
    """Where a light box offers the picture as it was uploaded."""
    yield element.get("data-download-href", ""), "picture"


FORUM = RuleSpider(of("a", attachments), of("a div", downloads))
