"""`zoeklicht report`: addresses that were reported to the hotline, and what came of each."""

import json
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import click
from rich.table import Table as TextTable

from crawler.contract.config import Configuration, read_secret
from crawler.contract.frontier import DerivedItem, Frontier
from crawler.contract.reasons import EXPLANATIONS
from crawler.contract.reports import Report, ReportSource
from crawler.fetching.reporting import Reported, ReportedAddress, add_report
from crawler.fetching.seeding import default_judge
from crawler.frontier import FrontierTable, open_frontier
from crawler.sealing import KeysTable, Sealer, read_public_key
from crawler.sites import SiteDirectory, read_profiles
from zoeklicht.commands.hits import opener_of
from zoeklicht.covering import covered
from zoeklicht.reported_rows import ReportedRow, rows_of
from zoeklicht.settings_file import config_option, make_state
from zoeklicht.tables import console, table_with

_SOURCES = click.Choice(get_args(ReportSource))


@click.group()
def report() -> None:
    """Add reports, and see what came of them."""


@report.command()
@click.argument("what", metavar="URL|FILE.csv")
@click.option("--source", type=_SOURCES, required=True, help="Where the report came from; never who sent it.")
@click.option("--id", "report_id", help="The report's id; made up when not given. With a file: where a row has none.")
@click.option("--referrer", help="The page one has to come from.")
@click.option("--cookie", help="A Cookie header that is needed to see it.")
@click.option("--user", help="For HTTP basic authentication.")
@click.option("--password-file", type=click.Path(path_type=Path), help="A file with the password the report states.")
@click.option("--note", help="What else the report says that is needed to see it.")
@config_option
def add(
    what: str,
    source: ReportSource,
    report_id: str | None,
    referrer: str | None,
    cookie: str | None,
    user: str | None,
    password_file: Path | None,
    note: str | None,
    configuration: Configuration,
) -> None:
    """Add one reported address, or those of a CSV file: they are fetched before anything else.

    Columns of the file: url, and where they are known reference (the report's id; rows that share one are one
    report), referrer, cookie, user, password, note. The command's own options stand in for what a row leaves out.
    An id that is known already gets these addresses in addition. Do not put into a report who sent it.
    """
    password = None if password_file is None else read_secret(password_file, "--password-file")
    name = report_id or _new_id()
    given = ReportedRow(
        url="", reference=name, referrer=referrer, cookie=cookie, user=user, password=password, note=note
    )
    is_file = what.lower().endswith(".csv") and "://" not in what
    rows = rows_of(Path(what), given) if is_file else [given.with_url(what)]
    accepted = 0
    frontier = _open(configuration)
    try:
        for reference, group in _by_reference(rows).items():
            first = group[0]
            made = Report(
                id=reference,
                source=source,
                received_at=datetime.fromtimestamp(time.time(), UTC),
                referrer=first.referrer,
                cookie=first.cookie,
                user=first.user,
                password=first.password,
                note=first.note,
            )
            done = _add(frontier, made, [ReportedAddress(url=row.url) for row in group], configuration)
            accepted += done.added
            _tell_added(reference, done)
    finally:
        frontier.close()
    if not accepted:
        raise click.ClickException('nothing was accepted. Does a site profile name these hosts, or one with "*"?')


@report.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@config_option
def list_reports(as_json: bool, configuration: Configuration) -> None:
    """List reports, newest first."""
    frontier = _open(configuration)
    try:
        table = table_with("id", "source", "received", numbers=("known", "hashed", "pending", "passed over"))
        for each in frontier.reports():
            coverage = frontier.report_coverage(each.id)
            if coverage is None:
                continue
            row = covered(coverage)
            passed = sum(row.skipped.values()) + sum(row.failed.values())
            if as_json:
                about = {"id": each.id, "source": each.source, "received_at": each.received_at.isoformat()}
                click.echo(json.dumps(about | row.as_json()))
            else:
                figures = (row.known, row.hashed, row.pending + row.leased, passed)
                table.add_row(each.id, each.source, each.received_at.isoformat()[:19], *(f"{n:,}" for n in figures))
        if not as_json:
            console().print(table)
    finally:
        frontier.close()


@report.command()
@click.argument("report_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, one for each derived item.")
@click.option("--open", "opened", is_flag=True, help="With addresses. Needs the desk's key; each one is audited.")
@click.option("--reason", default="report looked into", show_default=True, help="Why, for the audit log.")
@config_option
def show(report_id: str, as_json: bool, opened: bool, reason: str, configuration: Configuration) -> None:
    """List the items derived from report ID, and what became of each."""
    frontier = _open(configuration)
    try:
        coverage = frontier.report_coverage(report_id)
        if coverage is None:
            raise click.ClickException(f"There is no report {report_id!r}. See: zoeklicht report list")
        opener = opener_of(configuration, configuration.state) if opened else None
        table = table_with("item", "host", "what", "became", "reason", "when", numbers=("inside",))
        addresses: list[str] = []
        for item in frontier.derived_items(report_id):
            row = _row(item)
            if opener is not None:
                address = opener.open(row["id"], item.sealed_address, reason=reason)
                row |= {"url": address.url, "page_url": address.page_url, "chain": list(address.chain)}
                addresses.append(f"{row['id'][:8]}  {address.url}\n          on {address.page_url}")
            if as_json:
                click.echo(json.dumps(row))
            else:
                shown = (row["id"][:8], item.host, item.kind, item.outcome, row["reason"] or "", row["at"][:19])
                table.add_row(*shown, str(item.inside or ""))
        if not as_json:
            _tell_shown(table, addresses, covered(coverage).as_json())
    finally:
        frontier.close()


def _add(frontier: Frontier, made: Report, addresses: list[ReportedAddress], configuration: Configuration) -> Reported:
    directory = SiteDirectory(read_profiles(configuration.profiles))
    keys = configuration.table("keys", KeysTable)
    sealer = Sealer(read_public_key(keys.public_file(configuration.state)))
    return add_report(frontier, default_judge(directory), directory, sealer, made, addresses)


def _tell_added(reference: str, done: Reported) -> None:
    click.echo(f"report {reference}: {done.added} of {done.added + sum(done.refused.values())} addresses accepted")
    for reason, count in sorted(done.refused.items()):
        click.echo(f"  {count} refused: {EXPLANATIONS[reason]} ({reason})")


def _tell_shown(table: TextTable, addresses: list[str], figures: dict[str, Any]) -> None:
    out = console()
    out.print(table)
    for line in addresses:
        out.print(line, soft_wrap=True, highlight=False)
    out.print(
        "{known:,} known: {ended:,} ended, {pending:,} pending, {leased:,} under way, {lost:,} lost; "
        "{hashed:,} pictures hashed".format(**figures)
    )


def _by_reference(rows: list[ReportedRow]) -> dict[str, list[ReportedRow]]:
    groups: dict[str, list[ReportedRow]] = {}
    for row in rows:
        groups.setdefault(row.reference, []).append(row)
    return groups


def _row(item: DerivedItem) -> dict[str, Any]:
    """An item as JSON has it. Any: what json.dumps takes."""
    return {
        "id": f"{item.fingerprint % 2**64:016x}",
        "host": item.host,
        "kind": item.kind,
        "outcome": item.outcome,
        "reason": None if item.reason is None else item.reason.value,
        "at": datetime.fromtimestamp(item.at, UTC).isoformat(),
        "inside": item.inside,
    }


def _new_id() -> str:
    return f"r{time.strftime('%Y%m%d', time.gmtime())}-{secrets.token_hex(4)}"


def _open(configuration: Configuration) -> Frontier:
    return open_frontier(configuration.table("frontier", FrontierTable), make_state(configuration))
