"""What a host's robots.txt says, as all crawlers keep it, and what that means for one request (RFC 9309)."""

from typing import Literal

import msgspec
from protego import Protego

from crawler.contract.struct import Record

MOST_BYTES = 512 * 1024
"""Of a robots.txt that are read, RFC 9309, 2.5: at least 500 KiB. What follows is left aside."""
LONGEST_DELAY = 60.0
"""Seconds. A `Crawl-delay` above it counts as this: a slip of the pen must not keep a crawler out for ever."""


class RobotsTxt(Record, frozen=True, kw_only=True):
    """One authority's robots.txt as it was last had, or had not."""

    state: Literal["read", "unreachable", "moved"]
    """`unreachable`: no answer or a 5xx, which disallows everything (2.3.1.4). `moved`: it leads to another host's."""
    expires_at: float
    """Epoch seconds after which it is asked for again."""
    text: str = ""
    """Empty where there is none (4xx): everything is allowed (2.3.1.3)."""
    moved_to: str | None = None
    """The authority whose rules are followed here, too (2.3.1.2)."""

    def __repr__(self) -> str:
        return f"RobotsTxt(state={self.state!r})"


def text_of(body: bytes) -> str:
    """The text of a robots.txt: UTF-8, a byte order mark left aside, its first `MOST_BYTES` in whole lines."""
    if len(body) > MOST_BYTES:
        body = body[:MOST_BYTES].rpartition(b"\n")[0]
    return body.decode("utf-8-sig", errors="replace")


def packed(robots: RobotsTxt) -> bytes:
    """As it is kept in the shared store."""
    return msgspec.msgpack.encode(robots)


def unpacked(kept: bytes | None, now: float) -> RobotsTxt | None:
    """From the shared store; None where there is nothing, or nothing that still holds."""
    if kept is None:
        return None
    try:
        robots = msgspec.msgpack.decode(kept, type=RobotsTxt)
    except msgspec.DecodeError:  # another version's
        return None
    return robots if robots.expires_at > now else None


class Rules:
    """A robots.txt that can be asked."""

    def __init__(self, robots: RobotsTxt) -> None:
        self.robots = robots
        self._parser = Protego.parse(robots.text)

    @property
    def size(self) -> int:
        """About how much room it takes, in characters of the original."""
        return len(self.robots.text)

    def allows(self, url: str, user_agent: str) -> bool:
        """Whether this user agent may ask for the address. The product token is found in the full user agent."""
        return self.robots.state == "read" and bool(self._parser.can_fetch(url, user_agent))

    def gap(self, user_agent: str) -> float:
        """Least seconds between two requests that the site asks of this user agent, 0 to `LONGEST_DELAY`."""
        delay = self._parser.crawl_delay(user_agent)
        return min(float(delay), LONGEST_DELAY) if delay is not None and delay > 0 else 0.0


class KnownRules:
    """The rules this process has at hand, so that no request waits for the shared store: the last used ones."""

    def __init__(self, *, most: int = 5_000, most_characters: int = 16 * 1024 * 1024) -> None:
        self._most = most
        self._most_characters = most_characters
        self._characters = 0
        self._rules: dict[str, Rules] = {}

    def __len__(self) -> int:
        return len(self._rules)

    def get(self, authority: str, now: float) -> Rules | None:
        """The authority's rules, as long as they hold."""
        rules = self._take(authority)
        if rules is None or rules.robots.expires_at <= now:
            return None
        self.put(authority, rules)
        return rules

    def put(self, authority: str, rules: Rules) -> None:
        """Have them at hand, in place of those used longest ago where there are too many."""
        self._take(authority)
        self._rules[authority] = rules
        self._characters += rules.size
        while len(self._rules) > self._most or (self._characters > self._most_characters and len(self._rules) > 1):
            self._take(next(iter(self._rules)))

    def _take(self, authority: str) -> Rules | None:
        rules = self._rules.pop(authority, None)
        if rules is not None:
            self._characters -= rules.size
        return rules
