"""Links that act are never followed: asking for one could report, delete, vote, upload, buy, tell someone or log out.

Forms are never sent at all. What counts as an act stands in `guard_rules`, as data.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from crawler.contract.frontier import TargetKind
from crawler.sites import guard_rules as rules
from crawler.sites.spelling import Reading, read

_WORD = re.compile(r"[^\W_]+")
_NOT_A_WORD = re.compile(r"[\W_]+")
_LONGEST_HINT = 12
"""Words. What says more is a title or a description."""
_LONGEST_DETAIL = 60


def acts(
    url: str,
    *,
    hint: str | None = None,
    kind: TargetKind = "page",
    logged_in: bool = False,
    patterns: Iterable[str] = (),
) -> str | None:
    """The rule by which asking for this address would (or might) change something or tell someone; None: none does.

    `hint`: what the page says of the link. `patterns`: the profile's own `acting_links`. Logged in, words of acts and
    of a member's own pages count anywhere, and so do tokens. The rule names words of our own lists, and nothing
    else of the address. Raises `ValueError` for what is no address.
    """
    reading = read(url)
    for number, pattern in enumerate(patterns, start=1):
        if _compiled(pattern).search(url) or _compiled(pattern).search(_plain(reading)):
            return f"profile: acting_links number {number}"
    found = next(_in_address(reading), None)
    if found is None and logged_in:
        found = next(_for_members(reading, kind), None)
    if found is None and kind == "page" and hint is not None:
        found = _in_hint(hint)
    return None if found is None else found[:_LONGEST_DETAIL]


def asks_to_log_in(rule: str) -> bool:
    """Whether the rule by which an address was refused is about logging in."""
    return rule.replace("=", " ").rpartition(" ")[2] in rules.TO_LOG_IN


def _in_address(reading: Reading) -> Iterator[str]:
    yield from _in_path(reading.segments)
    yield from _special_pages(reading)
    for name, value in reading.pairs:
        if rules.TOKEN_KEYS.fullmatch(name):
            yield "query: a token against forgery"
        elif name in rules.ACTING_KEYS or rules.COMPOUND.fullmatch(name):
            yield f"query {_known(name)}"
        elif name in rules.VERB_KEYS:
            yield from (f"query {name}={word}" for word in _verbs_in(value))
        elif name in rules.ROUTE_KEYS:
            yield from (f"query {name}: {found}" for found in _in_route(value))
        elif _is_a_yes(name, value):
            yield f"query {name}"
        elif name == "share" and value in rules.NETWORKS:
            yield f"query share={value}"
    if _shares_or_searches(reading):
        yield "an address handed over to share, or to search by"


def _special_pages(reading: Reading) -> Iterator[str]:
    """MediaWiki's, by their titles."""
    for title in (*reading.segments, *(value for name, value in reading.pairs if name == "title")):
        special = rules.SPECIAL_PAGE.fullmatch(re.sub("[_ ]", "", title))
        if special is not None:
            yield f"special page {special[1]}"


def _is_a_yes(name: str, value: str) -> bool:
    """Whether a parameter says that its own name is to be done."""
    if value in rules.FLAGS or not value:
        return name in rules.FLAG_KEYS
    return value.isdigit() and name in rules.NUMBER_KEYS


def _in_path(segments: tuple[str, ...]) -> Iterator[str]:
    names = [rules.SCRIPT_ENDING.sub("", segment) for segment in segments]
    of_a_file = bool(segments) and rules.FILE_ENDING.search(segments[-1]) is not None
    stated_index = len(names) > 1 and names[-1] in {"index", "default"}
    names = names[:-1] if stated_index else names
    for place, name in enumerate(names):
        after = names[place + 1 :]
        if name in rules.DESTRUCTIVE:
            yield f"path {name}"
        elif of_a_file:
            continue
        elif name in rules.PLACES_TOO:
            if place == 0 and not after and name in rules.WITH_A_THING:
                continue
            if stated_index and not after and name in rules.FOLDERS:
                continue
            if _makes_it_an_act(name, after):
                yield f"path {name}"
        elif name in rules.ACTS:
            yield f"path {name}"
        elif rules.COMPOUND.fullmatch(name):
            yield f"path {_known(name)}"


def _makes_it_an_act(name: str, after: list[str]) -> bool:
    """Whether a word that may be a place is none here, by what follows it."""
    if not after or after[0] in rules.DESTRUCTIVE or after[0] in rules.FOLLOW_UPS:
        return True
    if name in {"share", "teilen", "delen"}:
        return after[0] in rules.NETWORKS
    if name in rules.NUMBERED:
        return after[0] in rules.OBJECTS or after[0].isdigit()
    return len(after) == 1 and after[0] in rules.UPLOADED


def _verbs_in(value: str) -> Iterator[str]:
    """The acts that a value names: as a whole, as its first or last word, in a compound."""
    if value in rules.VERB_VALUES:
        yield value
    if rules.COMPOUND.fullmatch(value):
        yield _known(value)
    words = _WORD.findall(value)
    for word in words[:1] + words[-1:] if not rules.VIEWING & set(words[:1]) else ():
        bare = word.rstrip("0123456789").removeprefix("do") if len(word) > len("do") else word
        yield from (each for each in (word, bare) if each in rules.VERB_VALUES)
    yield from (word for word in words if word in rules.DESTRUCTIVE)


def _in_route(value: str) -> Iterator[str]:
    """Acts in a value that may be a path (`r=site/logout`), or one of our own words for logging in and out.

    A single word is otherwise what somebody looked for.
    """
    if re.search(r"[/.:\\]", value):
        yield from _in_path(tuple(part for part in re.split(r"[/.:\\]+", value) if part))
    elif value.removeprefix("com_") in {"login", "logout", "register", "registration", "upload", "checkout", "cart"}:
        yield f"path {value}"


def _shares_or_searches(reading: Reading) -> bool:
    """`/share?url=…`, `/search?image_url=…`: an address is told to somebody else."""
    names = {name for name, _ in reading.pairs}
    path = {word for segment in reading.segments for word in _WORD.findall(segment)}
    if path & {"share", "sharer", "intent", "tweet", "tineye", "bookmarklet"} and names & {"url", "u", "link", "href"}:
        return True
    return bool(names & {"image_url", "imgurl", "imageurl", "sbisrc", "img_url", "searchbyimage"})


def _for_members(reading: Reading, kind: TargetKind) -> Iterator[str]:
    """What counts besides for those who are logged in."""
    a_file = kind == "picture" and bool(reading.segments) and rules.FILE_ENDING.search(reading.segments[-1])
    if a_file:
        return
    words = [
        word
        for segment in (rules.SCRIPT_ENDING.sub("", each) for each in reading.segments)
        for found in [_WORD.findall(segment)]
        if len(found) <= rules.LONGEST_NAME
        for word in (segment, *found)
    ]
    words += [word for pair in reading.pairs for text in pair for word in (text, *_WORD.findall(text))]
    yield from (f"logged in: {word}" for word in words if word in rules.STRICT_WORDS)
    if {"profile", "edit"} <= set(words) or {"member", "edit"} <= set(words):
        yield "logged in: profile edit"
    if any(rules.MARK_READ.fullmatch(segment) for segment in reading.segments):
        yield "logged in: mark read"
    for name, value in reading.pairs:
        if rules.STRICT_TOKEN_KEYS.fullmatch(name) or rules.STRICT_TOKEN_VALUES.fullmatch(value):
            yield "logged in: a token"


def _in_hint(hint: str) -> str | None:
    """The act that a link says it does, when it says nothing else; a number before it is a count (`3 reply`)."""
    if rules.SURE.search(hint):
        return "link asks whether one is sure"
    words = [word for word in _NOT_A_WORD.split(hint.lower()) if word]
    while words and words[0] in {"nofollow", "noopener", "noreferrer", "ugc", "external", "bookmark"}:
        words.pop(0)
    if not words or len(words) > _LONGEST_HINT or words[0].isdigit():
        return None
    verbs = [word for word in words if word in rules.HINT_VERBS]
    others = set(words) - set(verbs) - rules.HINT_FILLERS
    if verbs and all(word.isdigit() for word in others):
        return f"link says {verbs[0]}"
    return None


def _known(compound: str) -> str:
    """A compound as it may be told: it is made of our own words alone."""
    return _NOT_A_WORD.sub("_", compound)


def _plain(reading: Reading) -> str:
    """The address as it was read, for the profile's patterns."""
    query = "&".join(f"{name}={value}" if value else name for name, value in reading.pairs)
    return "/" + "/".join(reading.segments) + (f"?{query}" if query else "")


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
