"""When to come again: sooner to pages that brought something new, later to those that did not, never to what is gone.

Pure. A page's own interval is halved when it brought a link that was never seen, and doubled when it did not.
"""

from typing import Literal

import msgspec

from crawler.contract.frontier import PRIORITY_REVISIT, Again, Outcome, Round, Target, Visit
from crawler.contract.reasons import Reason
from crawler.contract.sites import Revisits

BLOCKED = frozenset(
    {
        Reason.ROBOTS_DISALLOWED,
        Reason.ROBOTS_UNREACHABLE,
        Reason.NOT_PERMITTED,
        Reason.ADDRESS_NOT_PUBLIC,
        Reason.COUNTRY_OUTSIDE,
        Reason.COUNTRY_UNDETERMINED,
        Reason.BEHIND_CDN,
        Reason.PROXY_FAILED,
        Reason.FORBIDDEN,
        Reason.NEEDS_LOGIN,
        Reason.LOGIN_FAILED,
        Reason.GATE_CLOSED,
        Reason.THROTTLED,
    }
)
"""We were kept out, which says nothing of the page: it may be there for others, so it is never retired."""

_LEADS_AWAY = frozenset(
    {
        Reason.REDIRECTED,
        Reason.TOO_MANY_REDIRECTS,
        Reason.OUTSIDE_SITES,
        Reason.UNSUPPORTED_SCHEME,
        Reason.MALFORMED_LINK,
        Reason.ACTING_LINK,
        Reason.NOT_IN_PROFILE,
    }
)
"""A redirect: where it leads has an interval of its own, or is none of ours."""

_GROWTH = 2.0
_SHRINKAGE = 0.5
_OF_ITS_AGE = 0.1
"""RFC 9111, 4.2.2: what has not changed for long will typically not change for a tenth of that."""
_JITTER = 0.1


def next_visit(
    target: Target, revisits: Revisits, outcome: Outcome, *, now: float, last_modified: float | None = None
) -> Again | Literal[Reason.GONE] | None:
    """When to come again to a target that has just ended, or that it is retired, or None: never.

    `now` and `last_modified` (what the server said, if it did) are epoch seconds. `Reason.GONE` takes the place of
    the outcome's own reason. What came of a report is never visited again by itself, nor are pictures where the
    profile does not want it.
    """
    found = outcome.found or target.kind
    if target.report_id is not None or (found != "page" and not revisits.pictures):
        return None
    if outcome.reason is Reason.NOT_FOUND:
        misses = (target.visit.misses if target.visit else 0) + 1
        if misses >= revisits.gone_after:
            return Reason.GONE
        # Soon enough to know, so neither sooner nor later than before.
        return _same(_again(target, revisits, _interval(target, revisits, None, now), now, misses=misses))
    if outcome.reason in BLOCKED or outcome.reason in _LEADS_AWAY:
        return _same(_again(target, revisits, revisits.longest_seconds, now))
    interval = _interval(target, revisits, last_modified, now)
    if target.visit is None:
        return _same(_again(target, revisits, interval, now))  # a first visit says nothing about change
    return Again(
        fruitful=_again(target, revisits, _sooner(interval, revisits.first_seconds), now),
        fruitless=_again(target, revisits, interval * _GROWTH, now),
    )


def next_round_interval(revisits: Revisits, last: Round, brought_new: bool) -> float:
    """Seconds from the beginning of a site's next round to the one after it, by what its last round brought."""
    if last.number == 0:
        return _bounded(revisits.round_seconds, revisits)
    if brought_new:
        return _bounded(_sooner(last.interval, revisits.round_seconds), revisits)
    return _bounded(last.interval * _GROWTH, revisits)


def _interval(target: Target, revisits: Revisits, last_modified: float | None, now: float) -> float:
    """The interval so far; before the second visit, a guess."""
    if target.visit is not None:
        return target.visit.interval
    if last_modified is not None and last_modified < now:
        return (now - last_modified) * _OF_ITS_AGE
    return revisits.first_seconds


def _sooner(interval: float, usual: float) -> float:
    """Half of it, and no more than the usual: after years of silence one need not be waited for again for months."""
    return min(interval * _SHRINKAGE, usual)


def _bounded(interval: float, revisits: Revisits) -> float:
    return max(revisits.shortest_seconds, min(revisits.longest_seconds, interval))


def _again(target: Target, revisits: Revisits, interval: float, now: float, *, misses: int = 0) -> Target:
    bounded = _bounded(interval, revisits)
    return msgspec.structs.replace(
        target,
        priority=PRIORITY_REVISIT,
        chain=(target.chain[0], target.chain[-1]) if len(target.chain) > 1 else target.chain,
        hops=0,
        force=True,
        attempt=0,
        not_before=now + _scattered(target.fingerprint, bounded, revisits),
        visit=Visit(interval=bounded, misses=misses),
        sealed_address=None,
    )


def _scattered(fingerprint: int, interval: float, revisits: Revisits) -> float:
    """The interval, a tenth more or less within the bounds, so that what was found together is not asked together."""
    lowest = max(revisits.shortest_seconds, interval * (1 - _JITTER))
    highest = max(lowest, min(revisits.longest_seconds, interval * (1 + _JITTER)))
    # Fibonacci hashing (Knuth): neighbouring numbers end far apart.
    share = (fingerprint * 0x9E3779B97F4A7C15 % 2**64) / 2**64
    return lowest + share * (highest - lowest)


def _same(target: Target) -> Again:
    return Again(fruitful=target, fruitless=target)
