"""Opening the known set for a command, and recording in the audit log who changed it."""

import getpass
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from crawler.contract.config import Configuration
from crawler.sealing import KeysTable, read_digest_key, read_veil_key
from desk.audit import AuditLog
from desk.configuration import DeskTable
from matchers.known import KnownStore, KnownTable, Person, open_known_store, person_here
from zoeklicht.settings_file import make_state

F = TypeVar("F", bound=Callable[..., Any])

_AUDITED = "audit log"
"""The cursor of what has been copied to it."""

reason_option = click.option("--reason", required=True, help="Why, for the record.")


def by_option(function: F) -> F:
    """The `--by` option: who does this, handed over as a `Person` named `by`.

    Any: click's own arguments of a callback.
    """
    return click.option(
        "--by",
        default=getpass.getuser,
        show_default="your login name",
        callback=lambda _context, _parameter, name: person_here(name),
        help="Your name, for the record. The account you logged in with is recorded beside it.",
    )(function)


def digest_key_of(configuration: Configuration) -> bytes:
    """The key of keyed digests. Raises `ConfigError`."""
    return read_digest_key(configuration.table("keys", KeysTable).digest_file(configuration.state))


def veil_key_of(configuration: Configuration) -> bytes:
    """The key of the known set at rest. Raises `ConfigError`."""
    return read_veil_key(configuration.table("keys", KeysTable).veil_file(configuration.state))


@contextmanager
def known_store(configuration: Configuration) -> Iterator[KnownStore]:
    """The known set's store, closed at the end."""
    state = make_state(configuration)
    table = configuration.table("known", KnownTable)
    store = open_known_store(table, state, time.time, veil_key_of(configuration))
    try:
        yield store
    finally:
        store.close()


@contextmanager
def recorded_store(configuration: Configuration, by: Person) -> Iterator[KnownStore]:
    """The known set's store for a command that changes it: what is done to it is copied to the audit log.

    Deeds are written in the transaction that does them, so that none is missing here for good: what a killed command,
    or a matcher that marked a flood, left uncopied is copied by the next one. At least once; each says its number.
    """
    with known_store(configuration) as store:
        store.note_limits(by=by)
        try:
            yield store
        finally:
            copy_deeds(configuration, store)


def copy_deeds(configuration: Configuration, store: KnownStore) -> None:
    """Copy to the audit log what was done to the known set and is not there yet. What runs for long calls it often."""
    log = _audit_log(configuration)
    for deed in store.deeds(after=store.cursor(_AUDITED)):
        counts = ", ".join(f"{name} {number:,}" for name, number in deed.counts.items())
        proposal = f"proposal {deed.proposal}" if deed.proposal else None
        log.append(
            actor=f"{deed.by} ({deed.account})",
            action="known_" + deed.what.replace(" ", "_"),
            subject=deed.list or "every list",
            reason="; ".join(filter(None, (proposal, counts, deed.reason, f"deed {deed.number}"))),
        )
        store.advance(_AUDITED, deed.number)


def _audit_log(configuration: Configuration) -> AuditLog:
    return AuditLog(configuration.table("desk", DeskTable).audit(configuration.state), time.time)


def audit(
    configuration: Configuration,
    by: Person,
    action: str,
    subject: str,
    reason: str,
    counts: Mapping[str, int] | None = None,
) -> None:
    """Write into the audit log what somebody did around the known set that is no deed; ids and counts only."""
    told = "; ".join(f"{name} {count:,}" for name, count in (counts or {}).items())
    _audit_log(configuration).append(
        actor=str(by), action=f"known_{action}", subject=subject, reason=f"{reason} ({told})" if told else reason
    )
