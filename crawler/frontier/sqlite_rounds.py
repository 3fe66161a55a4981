"""Budgets, rounds and halts of sites in the database."""

from collections.abc import Collection, Sequence

import msgspec

from crawler.contract.frontier import EVERYTHING, Halt, Round
from crawler.frontier.sqlite_step import Step

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Halt).decode


def set_budget(step: Step, site: str, pages: int | None, pictures: int | None) -> None:
    """The most that is accepted of a site in one round."""
    for kind, most in (("page", pages), ("picture", pictures)):
        if most is None:
            step.database.execute("DELETE FROM budgets WHERE site = ? AND kind = ?", (site, kind))
        else:
            step.database.execute("INSERT OR REPLACE INTO budgets VALUES (?, ?, ?)", (site, kind, most))


def begin(step: Step, site: str, after: int, interval: float) -> bool:
    """Begin round `after + 1`, unless the current one is another than `after`."""
    step.database.execute("INSERT OR IGNORE INTO rounds VALUES (?, 0, ?, 0, 0, 0)", (site, step.now))
    begun = step.database.execute(
        "UPDATE rounds SET number = number + 1, began_at = ?, interval = ?, pages = 0, pictures = 0"
        " WHERE site = ? AND number = ?",
        (step.now, interval, site, after),
    )
    return begun.rowcount == 1


def current(step: Step) -> Sequence[Round]:
    """The round of every site that is known here, by name."""
    rows = step.database.execute(
        "SELECT sites.site, ifnull(number, 0), ifnull(began_at, 0), ifnull(interval, 0), ifnull(pages, 0),"
        "  ifnull(pictures, 0), ifnull(pending + leased, 0)"
        " FROM (SELECT site FROM rounds UNION SELECT site FROM standing WHERE report = '' AND known > 0) sites"
        " LEFT JOIN rounds USING (site)"
        " LEFT JOIN standing ON standing.site = sites.site AND standing.report = '' ORDER BY sites.site"
    )
    return [
        Round(
            site=site,
            number=number,
            began_at=began_at,
            interval=interval,
            pages=pages,
            pictures=pictures,
            open=still_open,
        )
        for site, number, began_at, interval, pages, pictures, still_open in rows
    ]


def halt(step: Step, halted: Halt) -> None:
    """Keep a halt, in place of an earlier one of the same scope."""
    step.database.execute("INSERT OR REPLACE INTO halts VALUES (?, ?)", (halted.scope, _encode(halted)))


def resume(step: Step, scope: str) -> bool:
    """End a halt."""
    return step.database.execute("DELETE FROM halts WHERE scope = ?", (scope,)).rowcount == 1


def halts(step: Step) -> Sequence[Halt]:
    """Those in force, by scope."""
    return [_decode(body) for (body,) in step.database.execute("SELECT body FROM halts ORDER BY scope")]


def open_ones(step: Step, sites: Collection[str]) -> set[str]:
    """Those of the sites that are not halted."""
    halted = {scope for (scope,) in step.database.execute("SELECT scope FROM halts")}
    return set() if EVERYTHING in halted else set(sites) - halted
