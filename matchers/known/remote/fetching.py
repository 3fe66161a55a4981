"""Brings the known set up to date with a remote list: its new pages are held until the last, then imported as one.

Killed at any moment, the next fetch goes on behind the last page that was held. The cursor moves on only when the
import has been carried out, so that nothing is ever skipped; what comes twice is stored once, by the import.
"""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal

from crawler.contract.struct import Record
from matchers.contract.errors import MatcherError, StoreUnavailableError
from matchers.known.people import NotAllowedError, Person
from matchers.known.remote.errors import RemoteRefusedError, RemoteUnavailableError
from matchers.known.remote.held_pages import HeldPages
from matchers.known.remote.port import RemoteList
from matchers.known.report import ImportReport
from matchers.known.store import KnownStore


class Fetched(Record, frozen=True, kw_only=True):
    """How a fetch ended."""

    list: str
    outcome: Literal["imported", "nothing_new", "proposed", "waiting", "refused"]
    """`proposed`: the import needs a second person. `waiting`: an earlier one still does, so nothing was fetched.
    `refused`: somebody refused an earlier one; nothing is fetched until it is asked for afresh."""
    pages: int = 0
    """That had something on them, and the last; of the whole fetch, those included that earlier tries had brought."""
    report: ImportReport | None = None
    proposal: int | None = None


def fetch_list(
    remote: RemoteList,
    store: KnownStore,
    held: HeldPages,
    list_name: str,
    *,
    by: Person,
    server: str | None = None,
    afresh: bool = False,
) -> Fetched:
    """Fetch what is new on the list and import it.

    `server`: the one that `remote` asks (`server_of`); it speaks for the provider where the list is registered with it.
    Without, adding entries takes a second person. `afresh` forgets pages and how far the list has come, and fetches all
    of it; that takes nothing back by itself.

    Raises what `RemoteList.pages` and the store raise, after writing down what it was. Where the store refuses the
    import (`ImportRefusedError`: categories without a meaning, too much that cannot be read) the pages stay, so that
    the next try needs no provider: somebody changes the registration, or asks for the list afresh. Raises
    `AlreadyFetchingError` when another process is at it; `NotAllowedError` before anything is fetched for a list that
    is not registered, has ended, or whose provider signs files: pages bear no signature.
    """
    with held.alone(list_name):
        _check_registered(store, list_name)
        if afresh:
            held.forget(list_name)
        if (undecided := _proposed(store, held, list_name)) is not None:
            return undecided
        held.tried(list_name, server=server)
        try:
            _hold_all(remote, held, list_name)
            return _import(store, held, list_name, by, server)
        except MatcherError as error:
            wait = error.wait_seconds if isinstance(error, RemoteUnavailableError) else None
            # With a full disk not even this can be written down: the first trouble is the one to tell.
            with suppress(StoreUnavailableError):
                held.failed(list_name, str(error), wait_seconds=wait or 0.0)
            raise


def _check_registered(store: KnownStore, list_name: str) -> None:
    found = next((each for each in store.counts() if each.list == list_name), None)
    if found is None or found.state == "retracted":
        raise NotAllowedError(
            f"{list_name}: nothing is fetched of a list that is not registered and approved. Run: "
            "zoeklicht known register"
        )
    if found.registration.signing_key is not None:
        raise NotAllowedError(
            f"{list_name}: its provider signs files, and pages bear no signature. Import the files, or register the "
            "list without a key."
        )


def _proposed(store: KnownStore, held: HeldPages, list_name: str) -> Fetched | None:
    """What an earlier fetch left for a second person to decide, unless it has been carried out or ran out."""
    state = held.state(list_name)
    if state.proposal is None:
        return None
    standing = {each.number: each.state for each in store.proposals()}
    match standing.get(state.proposal, "expired"):
        case "waiting":
            return Fetched(list=list_name, outcome="waiting", proposal=state.proposal)
        case "refused":
            return Fetched(list=list_name, outcome="refused", proposal=state.proposal)
        case "carried_out":
            held.settle(list_name, state.proposed_cursor)
        case "expired":
            held.drop(list_name)
    return None


def _hold_all(remote: RemoteList, held: HeldPages, list_name: str) -> None:
    """Fetch and hold all pages that are missing."""
    state = held.state(list_name)
    if state.complete:
        return
    page = None
    for page in remote.pages(state.held_cursor if state.held_pages else state.cursor):
        # Empty ones in between are asked for again if need be: cheaper than writing hundreds of empty months down.
        if page.rows or page.last:
            held.hold(list_name, page)
    # None at all: the clock stands where it stood at the last fetch, so there is nothing in between.
    if page is not None and not page.last:
        raise RemoteRefusedError(f"{list_name}: the pages ended without a last one. This is a fault in this program.")


def _import(store: KnownStore, held: HeldPages, list_name: str, by: Person, server: str | None) -> Fetched:
    state = held.state(list_name)
    cursor = state.held_cursor if state.held_pages else state.cursor
    if held.held_rows(list_name) == 0:
        held.settle(list_name, cursor)
        return Fetched(list=list_name, outcome="nothing_new", pages=state.held_pages)
    # Named after its beginning, which outlives a kill: the same fetch imported again is the same file.
    begun = datetime.fromtimestamp(state.begun_at or 0.0, UTC)
    report = store.import_rows(
        list_name,
        held.rows(list_name),
        file=f"fetched {begun:%Y-%m-%dT%H:%M:%SZ}",
        by=by,
        fetched_from=server,
    )
    if report.proposal is not None:
        held.propose(list_name, report.proposal, cursor)
        outcome: Literal["proposed", "imported"] = "proposed"
    else:
        held.settle(list_name, cursor)
        outcome = "imported"
    return Fetched(list=list_name, outcome=outcome, pages=state.held_pages, report=report, proposal=report.proposal)
