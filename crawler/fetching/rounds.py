"""When the next round of a site begins, and what is due to be looked at again: what `zoeklicht schedule` does."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from crawler.contract.frontier import PRIORITY_PAGE, Frontier, Round, Target
from crawler.contract.sites import SiteProfile
from crawler.contract.struct import Record
from crawler.fetching.revisiting import next_round_interval
from crawler.sites import Judge

_REVISITS_AT_ONCE = 1_000


class Scheduled(Record, frozen=True, kw_only=True):
    """What one look at the clock brought."""

    begun: tuple[str, ...]
    """Sites whose next round began."""
    revisits: int
    unexpected: tuple["Unexpected", ...]


class Unexpected(Record, frozen=True, kw_only=True):
    """A round that brought less or more than the site's profile expects."""

    site: str
    number: int
    what: str
    """As a person would say it: "3 pages, at least 10 expected"."""


def seeds_of(profile: SiteProfile, judge: Judge, *, again: bool) -> list[Target]:
    """The targets of a profile's seeds; `again`: even if they were accepted before."""
    targets = [judge.seed(url) for url in profile.seeds]
    return [replace(target, force=again, priority=PRIORITY_PAGE) for target in targets if isinstance(target, Target)]


def begin_crawl(frontier: Frontier, judge: Judge, profiles: Mapping[str, SiteProfile]) -> None:
    """What a crawler does before its first lease: budgets, the first round of sites that had none, seeds that are new.

    Doing it again, or several at once, changes nothing.
    """
    numbers = {each.site: each.number for each in frontier.rounds()}
    for site, profile in profiles.items():
        frontier.set_budget(site, pages=profile.budget.pages, pictures=profile.budget.pictures)
        seeds = seeds_of(profile, judge, again=False)
        first = not numbers.get(site) and frontier.begin_round(
            site, after=0, interval=profile.revisits.round_seconds, seeds=seeds
        )
        if not first and seeds:
            frontier.add(seeds)


def schedule(
    frontier: Frontier, judge: Judge, profiles: Mapping[str, SiteProfile], open_sites: frozenset[str], now: float
) -> Scheduled:
    """Begin the rounds that are due at `now` (epoch seconds) and queue the revisits that are.

    Any number of schedulers may do this at once: each round begins once, and each revisit is queued once.
    """
    rounds = {each.site: each for each in frontier.rounds()}
    begun: list[str] = []
    unexpected: list[Unexpected] = []
    for site in sorted(open_sites):
        profile = profiles[site]
        last = rounds.get(site) or Round(site=site, number=0, began_at=0, interval=0, pages=0, pictures=0, open=0)
        frontier.set_budget(site, pages=profile.budget.pages, pictures=profile.budget.pictures)
        if not profile.seeds or not due(last, now):
            continue
        brought_new = last.pages + last.pictures > len(profile.seeds)
        interval = next_round_interval(profile.revisits, last, brought_new=brought_new)
        seeds = seeds_of(profile, judge, again=last.number > 0)
        if frontier.begin_round(site, after=last.number, interval=interval, seeds=seeds):
            begun.append(site)
            unexpected += unexpected_of(profile, last)
    revisits = queued = frontier.schedule_revisits(sites=open_sites, limit=_REVISITS_AT_ONCE)
    while queued == _REVISITS_AT_ONCE:
        queued = frontier.schedule_revisits(sites=open_sites, limit=_REVISITS_AT_ONCE)
        revisits += queued
    return Scheduled(begun=tuple(begun), revisits=revisits, unexpected=tuple(unexpected))


def due(last: Round, now: float) -> bool:
    """Whether the next round begins: the last one is done with, and its interval is over."""
    return last.number == 0 or (last.open == 0 and last.began_at + last.interval <= now)


def unexpected_of(profile: SiteProfile, ended: Round) -> Sequence[Unexpected]:
    """In which ways a round that ended was not what the profile expects."""
    if ended.number == 0:
        return []
    expect = profile.expect
    found: list[str] = []
    for what, count, least, most in (
        ("pages", ended.pages, expect.pages_at_least, expect.pages_at_most),
        ("pictures", ended.pictures, expect.pictures_at_least, expect.pictures_at_most),
    ):
        if least is not None and count < least:
            found.append(f"{count} {what}, at least {least} expected")
        if most is not None and count > most:
            found.append(f"{count} {what}, at most {most} expected")
    return [Unexpected(site=profile.name, number=ended.number, what=text) for text in found]
