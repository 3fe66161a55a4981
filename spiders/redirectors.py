"""Addresses that carry another one: redirectors, share links, resizing scripts. The inner address is found, too.

`/out.php?url=…`, `/go/https://…`, `href.li/?https://…`, `/_next/image?url=%2Fa.jpg`: percent-encoded, in base64, in
each other. Nothing here raises.
"""

import binascii
import re
from base64 import urlsafe_b64decode
from urllib.parse import unquote, urljoin, urlsplit

from spiders.addresses import picture_by_name

_LONGEST = 8_192
"""The crawler refuses longer addresses anyway."""
_NESTING = 3
_CARRIES = re.compile(r"..(?:https?(?::|%(?:25)*3a)|aHR0c|www\.|=(?://|%2f%2f))", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(r"(https?):/{1,2}(?=[^/\s])", re.IGNORECASE)
_HOST_ONLY = re.compile(r"(?:www\.|//)[a-z0-9-]++\.[a-z0-9]", re.IGNORECASE)
_IN_PATH = re.compile(r"/(https?(?::|%(?:25)*3a).*+)", re.IGNORECASE | re.DOTALL)
_BASE64 = re.compile(r"aHR0c[A-Za-z0-9+/_-]+={0,2}")
_PAIRS = re.compile(r"[&;]")


def unwrapped(url: str) -> list[str]:
    """The absolute addresses that an address carries in its query or its path, outermost first."""
    found: list[str] = []
    if len(url) > _LONGEST:
        return found
    layer = [url]
    for _ in range(_NESTING):
        layer = [inner for outer in layer for inner in _carried(outer)]
        found += layer
    return list(dict.fromkeys(found))


def resized(url: str) -> str | None:
    """The picture that a resizing script is told to show, where it names a file of its own site; else None."""
    query = url.partition("?")[2] if len(url) <= _LONGEST else ""
    for pair in _PAIRS.split(query):
        value = unquote(pair.partition("=")[2])
        if value.startswith("/") and not value.startswith("//") and picture_by_name(value):
            try:
                return urljoin(url, value)
            except ValueError:
                return None
    return None


def _carried(url: str) -> list[str]:
    if not _CARRIES.search(url):
        return []
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    candidates = []
    in_path = _IN_PATH.search(parts.path)
    if in_path:  # then the query, if any, is the inner address's
        candidates.append(in_path[1] + (f"?{parts.query}" if parts.query else ""))
    else:
        whole = address_in(parts.query)
        pairs = (pair.partition("=")[2] for pair in _PAIRS.split(parts.query))
        candidates += [whole] if whole else pairs
        candidates += [segment for segment in parts.path.split("/") if segment.startswith("aHR0c")]
    return [found for candidate in candidates if (found := address_in(candidate)) is not None]


def address_in(value: str) -> str | None:
    """The absolute address that a value means, however it is wrapped; None when it is none."""
    for _ in range(_NESTING):
        scheme = _ADDRESS.match(value)
        if scheme:
            return f"{scheme[1].lower()}://{value[scheme.end() :]}".partition("#")[0]
        if _HOST_ONLY.match(value):
            return f"http://{value.lstrip('/')}".partition("#")[0]
        if _BASE64.fullmatch(value):
            value = _from_base64(value)
        elif "%" in value:
            value = unquote(value)
        else:
            return None
    return None


def _from_base64(value: str) -> str:
    plain = value.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return urlsafe_b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8", "replace")
    except binascii.Error:
        return ""
