"""Sites that ask for patience: answers 429 and 503, a Crawl-delay, a robots.txt that is not to be had at first."""

from zoeklicht.practice.answers import Answer
from zoeklicht.practice.asked import Asked
from zoeklicht.practice.features import Feature
from zoeklicht.practice.hanging import Hanging, PracticeSite, Profile, profile
from zoeklicht.practice.locks import refusal
from zoeklicht.practice.markup import link
from zoeklicht.practice.touched import Touches

THROTTLING = "127.0.0.45"
CRAWL_DELAY = "127.0.0.46"
ROBOTS_UNREACHABLE = "127.0.0.47"

SILENCE_SECONDS = 1
CRAWL_DELAY_SECONDS = 0.4
_PAGES = 8
_TOO_MANY_EVERY = 9
"""After so many requests comes one that is answered with 429."""
_BURST = range(13, 15)
"""Requests that are answered with 503 whatever they are."""
_ROBOTS_FAILURES = 2


def hang_throttling(hanging: Hanging) -> None:
    """Pages with pictures on a server that now and then asks to be left alone for a second."""
    hanging.robots(THROTTLING)
    pages = [hanging.page(THROTTLING, f"/page/{number}", "Page", hanging.shown(THROTTLING)) for number in range(_PAGES)]
    hanging.page(THROTTLING, "/", "Pages", "".join(link(url, "page") for url in pages))

    def make(touches: Touches) -> _Throttling:
        return _Throttling(touches)

    hanging.answers.rule(THROTTLING, make)


class _Throttling:
    """Asks for silence now and then, and listens whether there is any."""

    def __init__(self, touches: Touches) -> None:
        self._touches = touches
        self._asked = 0
        self._silent_until = 0.0
        retry = {"retry-after": str(SILENCE_SECONDS)}
        self._too_many = refusal("throttling", 429, "Too many requests", retry)
        self._unavailable = refusal("throttling", 503, "Back in a moment", retry)

    def __call__(self, asked: Asked, answer: Answer | None) -> Answer | None:
        now = self._touches.now()
        if now < self._silent_until:
            self._touches.wrong("too_soon")
        if asked.target == "/robots.txt":
            return answer
        self._asked += 1
        if self._asked in _BURST:
            return self._ask_for_silence(self._unavailable, now)
        if self._asked % _TOO_MANY_EVERY == 0:
            return self._ask_for_silence(self._too_many, now)
        return answer

    def _ask_for_silence(self, answer: Answer, now: float) -> Answer:
        self._touches.note("throttled")
        self._silent_until = now + SILENCE_SECONDS
        return answer


def hang_crawl_delay(hanging: Hanging) -> None:
    """A robots.txt with a Crawl-delay longer than the profile's gap."""
    hanging.robots(CRAWL_DELAY, f"User-agent: *\nCrawl-delay: {CRAWL_DELAY_SECONDS}\nDisallow:\n")
    hanging.least_gaps_s[CRAWL_DELAY] = CRAWL_DELAY_SECONDS
    hanging.page(CRAWL_DELAY, "/", "Slowly", hanging.shown(CRAWL_DELAY, planted=2))


def hang_robots_unreachable(hanging: Hanging) -> None:
    """A robots.txt that answers 503 at first: until it says otherwise, nothing may be asked for (RFC 9309, 2.3.1.4)."""
    hanging.robots(ROBOTS_UNREACHABLE)
    hanging.page(ROBOTS_UNREACHABLE, "/", "Late", hanging.shown(ROBOTS_UNREACHABLE))

    def make(touches: Touches) -> _LateRobots:
        return _LateRobots(touches)

    hanging.answers.rule(ROBOTS_UNREACHABLE, make)


class _LateRobots:
    """Gives robots.txt to those who ask again."""

    def __init__(self, touches: Touches) -> None:
        self._touches = touches
        self._failures_left = _ROBOTS_FAILURES
        self._given = False
        feature: Feature = "robots_unreachable"
        self._unavailable = refusal(feature, 503, "Not now", {"retry-after": str(SILENCE_SECONDS)})

    def __call__(self, asked: Asked, answer: Answer | None) -> Answer | None:
        if asked.target != "/robots.txt":
            if not self._given:
                self._touches.wrong("too_soon")
            return answer
        if self._failures_left:
            self._failures_left -= 1
            return self._unavailable
        self._given = True
        return answer


def _throttling(port: int) -> list[Profile]:
    return [profile("throttling", "image_host", THROTTLING, port)]


def _crawl_delay(port: int) -> list[Profile]:
    return [profile("crawl-delay", "image_host", CRAWL_DELAY, port)]


def _robots_unreachable(port: int) -> list[Profile]:
    return [profile("robots-unreachable", "image_host", ROBOTS_UNREACHABLE, port)]


SITES = (
    PracticeSite("throttling", (THROTTLING,), hang_throttling, _throttling),
    PracticeSite("crawl_delay", (CRAWL_DELAY,), hang_crawl_delay, _crawl_delay),
    PracticeSite("robots_unreachable", (ROBOTS_UNREACHABLE,), hang_robots_unreachable, _robots_unreachable),
)
"""In the order of this file."""
