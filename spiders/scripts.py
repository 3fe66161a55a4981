"""What scripts say they would open, without running them. Nothing here raises, whatever a site writes."""

import re

_MOVES = re.compile(
    r"""(?:\blocation(?:\.href)?\s*+=(?!=)\s*+|\blocation\.(?:assign|replace)\s*+\(\s*+|\bopen\s*+\(\s*+|\.href\s*+=(?!=)\s*+)"""
    r"""\\*+(["'`])(?P<url>[^"'`<>\\\s{}]{1,2048}+)\\*+\1(?!\s*+\+)""",
    re.IGNORECASE,
)
_MARKUP_HREF = re.compile(r"""\bhref\s*+=\s*+\\*+["']([^"'<>\\\s{}]{1,2048}+)\\*+["']""", re.IGNORECASE)
_DATA = re.compile(
    r"""data:image(?:/|\\++/|\\++u002f)[a-z0-9.+-]{1,40}+(?:;[a-z0-9=._-]{1,60}+)*+,[^"'`<>\s)]*+""", re.IGNORECASE
)
_ESCAPED_SLASH = re.compile(r"\\+(?:/|u002f)", re.IGNORECASE)


def moves(text: str) -> list[str]:
    """Where a script, or an event handler, sends the window or opens another: addresses that stand in it in full."""
    return [found["url"] for found in _MOVES.finditer(text) if found["url"] != "about:blank"]


def hrefs(text: str) -> list[str]:
    """The links of markup that a script would put into the page, where they stand in it in full."""
    return _MARKUP_HREF.findall(text)


def data_pictures(text: str) -> list[str]:
    """Pictures that a script, JSON or an SVG holds as `data:` addresses."""
    return [_ESCAPED_SLASH.sub("/", found) for found in _DATA.findall(text)]
