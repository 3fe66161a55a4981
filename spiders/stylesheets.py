"""Style sheets as pages of their own: the pictures they name, and the sheets they import."""

from collections.abc import Iterator

from spiders.addresses import css_imports, css_urls, quoted_pictures
from spiders.elements import Found

_NO_PICTURE = (".woff", ".woff2", ".ttf", ".otf", ".eot", ".css", ".htc", ".cur")


def found_in(text: str) -> Iterator[Found]:
    """Imported sheets as pages; each `url(…)` as a picture unless it is named like a font or a pointer's shape.

    Addresses come as written, relative to the sheet's own. `image-set("a.png" 1x)` is read, too.
    """
    imported = dict.fromkeys(css_imports(text))
    for written in imported:
        yield written, "page"
    for written in css_urls(text):
        if _is_picture(written) and written not in imported:
            yield written, "picture"
    for written in quoted_pictures(text):
        if "\\" not in written:  # with CSS's own escapes: read above if it is an address
            yield written, "picture"


def _is_picture(written: str) -> bool:
    if written[:5].lower() == "data:":
        return written[:11].lower() == "data:image/"
    path = written.partition("#")[0].partition("?")[0].lower()
    return not path.endswith(_NO_PICTURE) and not (path.endswith(".svg") and "#" in written)  # an SVG font
