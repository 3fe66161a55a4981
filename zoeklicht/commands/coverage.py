"""`zoeklicht coverage`: what became of everything known, by site or report; and what was passed over, one by one."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table as TextTable

from crawler.contract.config import Configuration
from crawler.contract.frontier import Coverage, Frontier, PassedOver
from crawler.contract.reasons import EXPLANATIONS, Reason
from crawler.frontier import FrontierTable, open_frontier
from zoeklicht.commands.hits import opener_of
from zoeklicht.covering import Covered, covered
from zoeklicht.settings_file import config_option, make_state
from zoeklicht.tables import console, table_with


@click.command()
@click.argument("scope", metavar="[SITE|REPORT]", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--cut", is_flag=True, help="List what was passed over instead, one by one, with the rule that decided.")
@click.option("--because", type=click.Choice([str(reason) for reason in Reason]), help="With --cut: this reason only.")
@click.option("--open", "opened", is_flag=True, help="With --cut: with addresses. Needs the desk's key; audited.")
@click.option("--reason", default="coverage looked into", show_default=True, help="Why, for the audit log.")
@config_option
def coverage(
    scope: str | None,
    as_json: bool,
    cut: bool,
    because: str | None,
    opened: bool,
    reason: str,
    configuration: Configuration,
) -> None:
    """Show what became of everything known: fetched, hashed, skipped and failed by reason, pending, lost (0).

    The figures add up: known = ended + pending + under way + lost, each counted where it happens.
    """
    frontier = open_frontier(configuration.table("frontier", FrontierTable), make_state(configuration))
    try:
        if cut:
            found = _cut_of(frontier, scope, None if because is None else Reason(because))
            _tell_cut(found, configuration, as_json=as_json, why=reason if opened else None)
        else:
            _tell(_coverage_of(frontier, scope), as_json=as_json, detailed=scope is not None)
    finally:
        frontier.close()


def _coverage_of(frontier: Frontier, scope: str | None) -> list[Coverage]:
    if scope is None:
        return sorted(frontier.coverage(), key=lambda each: each.scope)
    found = [each for each in frontier.coverage() if each.scope == scope]
    report = frontier.report_coverage(scope)
    if report is not None:
        found.append(report)
    if not found:
        raise click.ClickException(f"Nothing is known of {scope!r}: it names no site that was crawled, and no report.")
    return found


def _cut_of(frontier: Frontier, scope: str | None, reason: Reason | None) -> Iterable[PassedOver]:
    if scope is not None and frontier.report(scope) is not None:
        return frontier.passed_over(report_id=scope, reason=reason)
    return frontier.passed_over(site=scope, reason=reason)


def _tell(found: list[Coverage], *, as_json: bool, detailed: bool) -> None:
    rows = [covered(each) for each in found]
    if as_json:
        for row in rows:
            click.echo(json.dumps(row.as_json()))
        return
    out = console()
    out.print(_table(rows))
    if detailed:
        for row in rows:
            out.print(_reasons(row))


def _table(rows: list[Covered]) -> TextTable:
    figures = ("known", "pages", "pictures", "hashed", "skipped", "failed", "pending", "leased", "lost")
    table = table_with("site or report", numbers=figures)
    for row in rows:
        fetched = (row.known, row.pages, row.pictures, row.hashed, sum(row.skipped.values()), sum(row.failed.values()))
        table.add_row(row.scope, *(f"{figure:,}" for figure in (*fetched, row.pending, row.leased, row.lost)))
    return table


def _reasons(row: Covered) -> TextTable:
    table = table_with("what", "reason", "meaning", numbers=("count",))
    for what, counts in (
        ("in part", row.in_part),
        ("skipped", row.skipped),
        ("failed", row.failed),
        ("link", row.links),
        ("inside", row.inside),
    ):
        for reason, count in sorted(counts.items(), key=lambda item: -item[1]):
            table.add_row(what, reason.value, EXPLANATIONS[reason], f"{count:,}")
    return table


def _tell_cut(found: Iterable[PassedOver], configuration: Configuration, *, as_json: bool, why: str | None) -> None:
    opener = None if why is None else opener_of(configuration, configuration.state)
    table = table_with("id", "last seen", "site", "what", "leads to", "reason", "detail")
    addresses: list[str] = []
    for entry in found:
        row = _row(entry)
        if opener is not None and why is not None:
            address = opener.open(entry.digest, entry.sealed_address, reason=why)
            row |= {"url": address.url, "page_url": address.page_url, "chain": list(address.chain)}
            addresses.append(f"{entry.digest[:8]}  {address.url}\n          on {address.page_url}")
        if as_json:
            click.echo(json.dumps(row))
        else:
            shown = (entry.digest[:8], row["at"][:19], entry.site, entry.kind, entry.host, entry.reason)
            table.add_row(*map(str, shown), entry.detail or "")
    if not as_json:
        out = console()
        out.print(table)
        for line in addresses:
            out.print(line, soft_wrap=True, highlight=False)


def _row(entry: PassedOver) -> dict[str, Any]:
    """An entry as JSON has it. Any: what json.dumps takes."""
    return {
        "id": entry.digest,
        "at": datetime.fromtimestamp(entry.at, UTC).isoformat(),
        "site": entry.site,
        "report": entry.report_id,
        "kind": entry.kind,
        "host": entry.host,
        "reason": entry.reason.value,
        "detail": entry.detail,
    }
