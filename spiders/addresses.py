"""From what an attribute says to absolute addresses. Nothing here raises, whatever a site writes."""

import re
from urllib.parse import urljoin, urlsplit

_DROPPED_BY_BROWSERS = str.maketrans("", "", "\t\r\n")
_EDGES = "".join(map(chr, range(0x21)))
"""Control characters and space, which browsers strip from both ends (WHATWG URL, 4.4)."""
_OTHER_SCHEME = re.compile(r"(?!https?:)([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_PICTURE_ENDING = r"\.(?:jpe?g|jpe|jfif|pjpeg|png|apng|gif|webp|avif|bmp)"
_PICTURE_PATH = re.compile(_PICTURE_ENDING + "$", re.IGNORECASE)
# A wiki's page about a file is named like the file: `/wiki/File:Boat.jpg`.
_WIKI_TITLE = re.compile(
    r"/(?:file|image|bestand|afbeelding|datei|bild|fichier|imagen|archivo|[a-z]+_talk|overleg_[a-z]+)(?::|%3a)[^/]*$",
    re.IGNORECASE,
)
# Possessive quantifiers, here and below: a hostile page must not buy quadratic time with a megabyte of spaces.
_CSS_URL = re.compile(
    r"""url\(\s*+(?:"((?:[^"\\]|\\.)*+)"|'((?:[^'\\]|\\.)*+)'|((?:[^()"'\s\\]|\\.)*+))\s*+\)""",
    re.IGNORECASE | re.DOTALL,
)
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(\n)|(.))", re.IGNORECASE | re.DOTALL)
_CSS_IMPORT = re.compile(r"""@import\s*+(?:url\(\s*+)?+["']?+([^"'()\s;]++)""", re.IGNORECASE)
_HIGHEST_CHARACTER = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_REFRESH = re.compile(r"""[\s\d.]*+[;,]?+\s*+(?>url\s*+=\s*+)?+["']?([^"']+)""", re.IGNORECASE)
_QUOTED_ENDING = re.compile(_PICTURE_ENDING + r"""(?:\?[^"'`\s<>]{0,500}+)?+\\*+(["'`])""", re.IGNORECASE)
_ESCAPED = re.compile(r"\\+(?:u([0-9a-f]{4})|x([0-9a-f]{2})|(/))", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"[\n<>{}]")
_LONGEST_QUOTED = 2_048
_SRCSET_URL = re.compile(r"[ \t\n\f\r,]*+([^ \t\n\f\r]++)")
_DESCRIPTORS = re.compile(r"(?:[^,()]++|\([^)]*+\)?+|\))*+,?+")


def absolute(base: str, written: str) -> str | None:
    """The address an attribute means on a page with this base, without its fragment; None when it means none.

    Empty values and bare fragments mean none. An address of another scheme than http(s) comes back as its scheme
    alone (`data:`, `mailto:`): it can still be counted, and carries neither a picture's bytes nor a person's
    address. What cannot be resolved comes back as it was written, to be counted as malformed.
    """
    text = written.strip(_EDGES).translate(_DROPPED_BY_BROWSERS).partition("#")[0]
    if not text:
        return None
    other = _OTHER_SCHEME.match(text)
    if other:
        return f"{other[1].lower()}:"
    head, mark, query = text.partition("?")
    text = head.replace("\\", "/") + mark + query  # as browsers do; old sites rely on it
    try:
        return urljoin(base, text)
    except ValueError:
        return text


def picture_by_name(url: str) -> bool:
    """Whether the address's path ends like a picture's, and is no wiki's page about one."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return False
    return _PICTURE_PATH.search(path) is not None and _WIKI_TITLE.search(path) is None


def srcset(value: str) -> list[str]:
    """The addresses of a `srcset`, in order (HTML, 4.8.4.2): they may hold commas, but not at their end."""
    found = []
    position = 0
    while candidate := _SRCSET_URL.match(value, position):
        url, position = candidate[1], candidate.end()
        if not url.endswith(","):
            descriptors = _DESCRIPTORS.match(value, position)
            position = descriptors.end() if descriptors else position
        found.append(url.rstrip(","))
    return found


def css_urls(style: str) -> list[str]:
    """The `url(…)` values of a style, in order, escapes undone."""
    return [_css_unescaped(first or second or third) for first, second, third in _CSS_URL.findall(style)]


def css_imports(style: str) -> list[str]:
    """The style sheets that a style imports, in order."""
    return [_css_unescaped(written) for written in _CSS_IMPORT.findall(style)]


def _css_unescaped(written: str) -> str:
    if "\\" not in written or written[:5].lower() == "data:":
        return written

    def plain(escape: re.Match[str]) -> str:
        if escape[1]:
            code = int(escape[1], 16)
            return chr(code) if 0 < code <= _HIGHEST_CHARACTER and code not in _SURROGATES else "\ufffd"
        return escape[3] or ""

    return _CSS_ESCAPE.sub(plain, written)


def quoted_pictures(text: str) -> list[str]:
    """What stands in quotes and is named like a picture, in a script or in JSON; escapes undone, in order.

    Left out are what a script only puts together later: a bare ending (`'.jpg'`) and templates (`'{id}.jpg'`).
    """
    found = []
    for ending in _QUOTED_ENDING.finditer(text):
        start = text.rfind(ending[1], max(0, ending.start() - _LONGEST_QUOTED), ending.start()) + 1
        stem = text[start : ending.start()]
        if start and stem and not stem.endswith("/") and not _NO_ADDRESS.search(stem):
            found.append(_unescaped(text[start : ending.start(1)].rstrip("\\")))
    return found


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    plain = _ESCAPED.sub(lambda escape: escape[3] or chr(int(escape[1] or escape[2], 16)), text)
    # Beyond 16 bits scripts write two escapes for one character.
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def is_data(written: str) -> bool:
    """Whether an attribute's value is a `data:` address."""
    return written[:64].lstrip(_EDGES)[:5].lower() == "data:"


def refresh_url(content: str) -> str | None:
    """Where `<meta http-equiv=refresh>` leads; None when it reloads the page itself."""
    found = _REFRESH.match(content)
    return found[1] if found else None
