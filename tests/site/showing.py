"""What a site shows, told without any parser: a page leads to a file when it quotes the file's path.

Anywhere on the page: in markup, in an attribute of whatever name, in a script. So this holds more rather than less than
a visitor gets to see, and knows nothing of how spiders read. Files that no page on the way from the front page quotes
are not shown: sizes that a theme makes and never uses, templates, what only a style sheet names.
"""

import html
import os
from pathlib import Path
from urllib.parse import unquote

FRONT = "index.html"

_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp"})


class Shown:
    """What one can get to from a site's front page, as paths relative to the site."""

    def __init__(self, site: Path) -> None:
        pages = {page.relative_to(site) for page in site.rglob("*.html")}
        pictures = {path.relative_to(site) for path in site.rglob("*") if path.suffix.lower() in _PICTURES}
        self.pages: set[str] = set()
        self.pictures: set[str] = set()
        ahead = [Path(FRONT)]
        pages.discard(Path(FRONT))
        while ahead:
            page = ahead.pop()
            self.pages.add(str(page))
            text = unquote(html.unescape((site / page).read_text(encoding="utf-8")))
            self.pictures |= {str(picture) for picture in pictures if _quotes(text, page, picture)}
            further = {each for each in pages if _quotes(text, page, each)}
            pages -= further
            ahead += further


def _quotes(text: str, page: Path, file: Path) -> bool:
    written = os.path.relpath(file, page.parent)
    names = [written]
    if file.name == FRONT:
        folder = os.path.relpath(file.parent, page.parent)
        names += [folder, f"{folder}/"]
    return any(f"{before}{name}{after}" in text for name in names for before, after in ('""', "''", "()"))
