"""One spelling for many: an address without what does not change what is asked for, and one to read words from.

Two uses: `canonical` is what is fetched and remembered as seen; `read` is what the side-effect guard looks at, with
every disguise taken off that some server may see through.
"""

import re
import unicodedata
from collections.abc import Collection
from posixpath import normpath
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit, urlunsplit

from w3lib.url import safe_url_string

_DEFAULT_PORTS = {"http": 80, "https": 443}
_DOT = re.compile(r"%2e", re.IGNORECASE)
_MOST_DECODINGS = 5
"""Encoded more often than that is a disguise that no server takes off."""

TRACKING = re.compile(
    r"""utm_\w+ | mtm_\w+ | p(?:iwi)?k_(?:campaign|kwd|keyword|source|medium|content|cid)
    | (?:fb|g|d|ms|y|tw|tt|ko|s)clid | [gw]braid | gclsrc | igshid? | srsltid | _ga | _gl | _openstat | _hsenc | _hsmi
    | __hs(?:tc|sc|fp) | mc_[ce]id | mkt_tok | oly_(?:anon|enc)_id | vero_(?:id|conv) | wickedid | li_fat_id | rdt_cid
    | fb_(?:source|ref|action_ids|action_types) | hsctatracking | s_kwcid""",
    re.VERBOSE | re.IGNORECASE,
)
"""Query parameters by which advertisers follow people; no page depends on them."""

SESSION = re.compile(
    r"phpsessid | jsessionid | aspsessionid\w* | oscsid | zenid | cftoken | cfid | sessid | session_?id | phpsessionid",
    re.VERBOSE | re.IGNORECASE,
)
"""Query and path parameters that hold a session's id, by the name that the software gives them."""

_MAYBE_SESSION = re.compile(r"sid|sess|session", re.IGNORECASE)
_LOOKS_LIKE_SESSION = re.compile(r"(?=.*\d)(?:[0-9a-f]{24,}|[0-9a-z,-]{22,128})", re.IGNORECASE)
_FORUM_SESSION = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
"""`s=` on a PHP page (vBulletin). Elsewhere it signs the address of a picture, which is not found without it."""

_PATH_SESSION = re.compile(rf";(?:{SESSION.pattern})=[^/;]*", re.VERBOSE | re.IGNORECASE)


def canonical(url: str, ignored: Collection[str] = ()) -> str:
    """The address as it is fetched: absolute, safely encoded, without dot segments, default port and fragment.

    Without tracking parameters, session ids and the `ignored` parameters, too; what remains keeps its order and
    spelling. Raises `ValueError` for what is no address.
    """
    parts = _plain(url)
    return urlunsplit(parts._replace(path=_PATH_SESSION.sub("", parts.path), query=_cut(parts, ignored)))


def as_written(url: str) -> str:
    """Like `canonical`, with all its parameters: a redirect is followed to where it leads. Raises `ValueError`."""
    return urlunsplit(_plain(url))


def _plain(url: str) -> SplitResult:
    parts = urlsplit(safe_url_string(url))
    netloc = parts.netloc.rpartition("@")[2].lower()
    host, port = (parts.hostname or "").rstrip("."), parts.port  # raises ValueError when the port is no number
    if port == _DEFAULT_PORTS.get(parts.scheme) or netloc.endswith(":") or host not in netloc or "." in netloc[-1:]:
        netloc = f"[{host}]" if ":" in host else host
        netloc += f":{port}" if port not in (None, _DEFAULT_PORTS.get(parts.scheme)) else ""
    return parts._replace(netloc=netloc, path=_without_dots(parts.path) or "/", fragment="")


def _without_dots(path: str) -> str:
    """Dot segments resolved (RFC 3986, 5.2.4), encoded ones too, as browsers do; empty segments stay."""
    plain = _DOT.sub(".", path) if "%2e" in path.lower() else path
    if "/." not in plain:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for place, segment in enumerate(segments):
        dots = _DOT.sub(".", segment)
        if dots == ".." and len(kept) > 1:
            kept.pop()
        elif dots not in {".", ".."}:
            kept.append(segment)
        if dots in {".", ".."} and place == len(segments) - 1:
            kept.append("")
    return "/".join(kept)


def _cut(parts: SplitResult, ignored: Collection[str]) -> str:
    if not parts.query:
        return ""
    dropped = {name.lower() for name in ignored}
    kept = []
    for pair in parts.query.split("&"):
        name, _, value = pair.partition("=")
        name = unquote_plus(name).lower()
        if not (name in dropped or TRACKING.fullmatch(name) or SESSION.fullmatch(name) or _session(name, value, parts)):
            kept.append(pair)
    return "&".join(kept)


def _session(name: str, value: str, parts: SplitResult) -> bool:
    if _MAYBE_SESSION.fullmatch(name):
        return bool(_LOOKS_LIKE_SESSION.fullmatch(value))
    return name == "s" and parts.path.endswith(".php") and bool(_FORUM_SESSION.fullmatch(value))


class Reading(NamedTuple):
    """An address as its words: lower case, decoded, without empty and dot segments."""

    segments: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    """Query parameters, names and values, in their order."""


def read(url: str) -> Reading:
    """What a server might make of the path and the query, however they are spelled. Raises `ValueError`."""
    parts = urlsplit(url)
    path = normpath("/" + _decoded(parts.path).replace("\\", "/"))
    segments = [_bare(segment) for segment in path.split("/")]
    # Separators first, decoding last, and once more: an encoded separator may be one to somebody.
    pairs = [pair.partition("=") for pair in re.split("[&;?]", _decoded(parts.query.replace("+", " ")))]
    return Reading(
        tuple(segment for segment in segments if segment),
        tuple((_clean(name), _clean(value)) for name, _, value in pairs if name),
    )


def _decoded(text: str) -> str:
    for _ in range(_MOST_DECODINGS):
        plain = unquote(text)
        if plain == text:
            break
        text = plain
    return unicodedata.normalize("NFKC", text).lower()


def _bare(segment: str) -> str:
    return _clean(segment.partition(";")[0]).strip(".")


def _clean(text: str) -> str:
    """Without control characters and the spaces around it, which servers drop."""
    return "".join(letter for letter in text if letter.isprintable()).strip()
