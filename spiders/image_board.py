"""Image boards: catalogues and threads that vanish, thumbnails that lead to the files, other boards and archives.

Written for the markup of vichan and its many kin, of boards like 4chan, of LynxChan and of archives of threads. The
whole thread stands inside the form that deletes posts: what is in a form is read, the form itself is not.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from spiders.base import RuleSpider
from spiders.elements import Element, Found, of
from spiders.forum import has_thumbnail

_FILE = re.compile(r"/(?:\.?media|src|img|images?|files?|full_image|original)/[^/]+/?$", re.IGNORECASE)
_PAGES = (".html", ".htm", ".php")
_MEDIA_CLASSES = frozenset({"fileThumb", "imgLink", "originalNameLink", "nameLink", "thread_image_link", "file-thumb"})
_CATALOGUE = re.compile(r'"threads"\s*+:\s*+\{')
_THREAD = re.compile(r'"(\d{1,15})"\s*+:\s*+\{\s*+"')


def files(element: Element) -> Iterator[Found]:
    """A thumbnail, or a file's name, leads to the file; some boards' files have no ending that would say so."""
    written = element.get("href", "")
    stated_type = element.get("data-filemime", "").lower()
    classes = _MEDIA_CLASSES.intersection(element.get("class", "").split())
    if stated_type.startswith(("image/", "video/")) or classes:
        yield written, "picture"
        return
    try:
        path = urlsplit(written).path
    except ValueError:
        return
    if _FILE.search(path) and not path.lower().endswith(_PAGES) and has_thumbnail(element):
        yield written, "picture"


def catalogue(element: Element) -> Iterator[Found]:
    """A catalogue that a script draws from JSON of its own: threads by number, beside the catalogue's address."""
    text = element.text or ""
    begins = _CATALOGUE.search(text)
    if begins:
        for thread in _THREAD.finditer(text, begins.start()):
            yield f"thread/{thread[1]}", "page"


IMAGE_BOARD = RuleSpider(of("a", files), of("script", catalogue))
