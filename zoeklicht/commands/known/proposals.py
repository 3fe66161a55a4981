"""`zoeklicht known proposal`: all that somebody proposed, for whoever is to approve it."""

import click
import msgspec

from crawler.contract.config import Configuration
from matchers.known import ListCount, NotAllowedError, Proposal, Registration
from zoeklicht.known_set import known_store
from zoeklicht.settings_file import config_option
from zoeklicht.tables import counted, plain

_IDS_TOLD = 100


@click.command()
@click.argument("number", metavar="PROPOSAL", type=int)
@config_option
def proposal(number: int, configuration: Configuration) -> None:
    """Show all that a PROPOSAL says: read it before you approve it."""
    with known_store(configuration) as store:
        found = next((each for each in store.proposals() if each.number == number), None)
        lists = store.counts()
    if found is None:
        raise NotAllowedError(f"There is no proposal {number}. See: zoeklicht known status")
    for line in _told(found, next((each for each in lists if each.list == found.list), None)):
        click.echo(plain(line))


def _told(found: Proposal, listed: ListCount | None) -> list[str]:
    lines = [
        f"Proposal {found.number}, {found.what} {found.list}: {found.state.replace('_', ' ')}",
        f"  by {found.by} ({found.account}) on {found.at:%Y-%m-%d %H:%M} UTC; lapses on {found.expires:%Y-%m-%d}",
        f"  takes two people because: {found.why}",
    ]
    if found.decided_by is not None:
        lines.append(f"  decided by {found.decided_by}" + (f": {found.reason}" if found.reason else ""))
    if found.registration is not None:
        lines += _registration(found.registration, listed.registration if listed else None)
    if found.file is not None:
        lines.append(f"  file: {found.file}" + (", said to name the whole list" if found.complete else ""))
    if found.counts:
        lines.append("  it comes to: " + ", ".join(f"{count:,} {name}" for name, count in found.counts.items()))
    if found.asked_for is not None:
        lines.append(f"  reason given: {found.asked_for}")
    if found.list_ids is not None:
        more = len(found.list_ids) - _IDS_TOLD
        lines.append(
            f"  entries: {', '.join(found.list_ids[:_IDS_TOLD])}" + (f" and {more:,} more" if more > 0 else "")
        )
    if listed is not None:
        held = sum(listed.entries.values())
        lines.append(f"  the list now: {listed.state}, {counted(held, 'hash', 'hashes')}")
    if found.state == "waiting":
        lines.append(f"Somebody else than {found.by} runs: zoeklicht known approve {found.number}")
        lines.append(f'or anybody: zoeklicht known refuse {found.number} --reason "..."')
    return lines


def _registration(proposed: Registration, now: Registration | None) -> list[str]:
    """Every field, and what it is so far where that is something else."""
    lines = []
    before = None if now is None else msgspec.structs.asdict(now)
    for name, value in msgspec.structs.asdict(proposed).items():
        line = f"  {name.replace('_', ' ')}: {_value(value)}"
        if before is not None and before[name] != value:
            line += f"   <-- so far: {_value(before[name])}"
        lines.append(line)
    return lines


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name or '(none)'} = {meaning}" for name, meaning in sorted(value.items()))
    return "-" if value is None else str(value)
