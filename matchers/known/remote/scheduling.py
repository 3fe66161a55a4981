"""When each remote list is due, and fetching those that are: one that fails keeps no other from its turn."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from crawler.contract.clock import Clock
from crawler.contract.errors import ConfigError
from crawler.contract.struct import Record
from matchers.contract.errors import MatcherError
from matchers.known.people import Person
from matchers.known.remote.configuration import RemoteTable, server_of
from matchers.known.remote.errors import AlreadyFetchingError
from matchers.known.remote.fetching import Fetched, fetch_list
from matchers.known.remote.held_pages import FetchState, HeldPages
from matchers.known.remote.port import RemoteList
from matchers.known.store import KnownStore

_AFTER_TROUBLE = 3600.0
"""Seconds after which a failed fetch is tried again, where its turn would come later."""

Opens = Callable[[str, RemoteTable], AbstractContextManager[RemoteList]]
"""`remote_list` with everything but list and table filled in."""


class FetchFailed(Record, frozen=True, kw_only=True):
    """A fetch that came to no end. What it had fetched is kept."""

    list: str
    trouble: str
    """What to do about it."""


def due_at(state: FetchState, table: RemoteTable) -> float:
    """When the list is to be fetched next, in seconds since the epoch; in the past if it is due.

    One that was killed on its way is due at once, one that failed within an hour, and none before the time that its
    provider named.
    """
    every = 60.0 * table.every_minutes
    if state.tried_at is None or (state.begun_at is not None and state.trouble is None):
        turn = 0.0
    elif state.trouble is not None:
        turn = state.tried_at + min(every, _AFTER_TROUBLE)
    else:
        turn = state.tried_at + every
    return max(turn, state.not_before)


def due(tables: Mapping[str, RemoteTable], held: HeldPages, now: float) -> tuple[str, ...]:
    """The lists whose turn has come, the longest overdue first."""
    turns = {name: due_at(held.state(name), table) for name, table in tables.items()}
    return tuple(sorted((name for name in turns if turns[name] <= now), key=lambda name: turns[name]))


def fetch_due(
    tables: Mapping[str, RemoteTable], opens: Opens, store: KnownStore, held: HeldPages, *, by: Person, clock: Clock
) -> tuple[Fetched | FetchFailed, ...]:
    """Fetch every list whose turn has come, one after the other. Raises nothing that is one list's trouble.

    A list that another process fetches at this moment is left out.
    """
    ended: list[Fetched | FetchFailed] = []
    for name in due(tables, held, clock()):
        try:
            with opens(name, tables[name]) as remote:
                ended.append(fetch_list(remote, store, held, name, by=by, server=server_of(name, tables[name])))
        except AlreadyFetchingError:
            continue
        except (MatcherError, ConfigError) as error:
            ended.append(FetchFailed(list=name, trouble=str(error)))
    return tuple(ended)
