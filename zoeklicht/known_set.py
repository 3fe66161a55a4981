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


def audit(
    configuration: Configuration,
    by: Person,
    action: str,
    subject: str,
    reason: str,
    counts: Mapping[str, int] | None = None,
) -> None:
    """Write into the audit log what somebody did to the known set; ids and counts only."""
    told = "; ".join(f"{name} {count:,}" for name, count in (counts or {}).items())
    log = AuditLog(configuration.table("desk", DeskTable).audit(configuration.state), time.time)
    log.append(
        actor=str(by), action=f"known_{action}", subject=subject, reason=f"{reason} ({told})" if told else reason
    )
