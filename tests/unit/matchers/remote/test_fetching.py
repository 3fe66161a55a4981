"""From a provider into the known set: resumable, whole, once, and never past a second person."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from time import time

import pytest

from matchers.contract.errors import StoreRefusedError, StoreUnavailableError
from matchers.contract.records import KnownEntry
from matchers.known import KnownStore, Limits
from matchers.known.people import NotAllowedError
from matchers.known.remote import (
    AlreadyFetchingError,
    Fetched,
    FetchFailed,
    FetchState,
    HeldPages,
    Page,
    RemoteList,
    RemoteTable,
    RemoteUnavailableError,
    due,
    due_at,
    fetch_due,
    fetch_list,
    open_held_pages,
    remote_list,
)
from matchers.known.report import ImportRefusedError
from matchers.known.rows import BadRow, LeftOut, ListHead, Tombstone
from tests.list_servers.ncmec import NcmecProvider
from tests.list_servers.server import Answer, Asked, ListServer
from tests.list_servers.threatexchange import ThreatExchangeProvider
from tests.pictures_seen import DIGEST_KEY, hash_of
from tests.unit.matchers.remote.providers import (
    ANNA,
    BEN,
    FETCHER,
    LIMITS,
    LIST,
    VEIL,
    VEIL_KEY,
    Clock,
    entry,
    listed,
    record,
    register,
    table,
    undated,
)


@pytest.fixture
def clock() -> Clock:
    return Clock(float(int(time())))


@pytest.fixture
def known(tmp_path: Path) -> Path:
    return tmp_path / "state" / "known.sqlite"


@pytest.fixture
def store(known: Path, clock: Clock) -> Iterator[KnownStore]:
    opened = KnownStore(known, clock, VEIL, LIMITS)
    register(opened)
    yield opened
    opened.close()


@pytest.fixture
def held(known: Path, clock: Clock) -> Iterator[HeldPages]:
    opened = open_held_pages(known, clock, VEIL_KEY)
    yield opened
    opened.close()


@pytest.fixture
def provider() -> ThreatExchangeProvider:
    return ThreatExchangeProvider()


@pytest.fixture
def server(provider: ThreatExchangeProvider) -> Iterator[ListServer]:
    with ListServer(lambda asked: undated(provider.answer(asked))) as listening:
        yield listening


@pytest.fixture
def remote(server: ListServer, clock: Clock) -> Iterator[RemoteList]:
    with listed(server, "threatexchange", clock) as opened:
        yield opened


def held_by(store: KnownStore, name: str = LIST) -> list[str]:
    """What stands on the list and has not been taken back: hashes, each as often as it is there."""
    found = store.export(name, with_hashes=True)
    return sorted(str(each.hash) for each in found if each.provenance.withdrawn is None)


def hashes(*names: str) -> list[str]:
    return sorted(hash_of(name) for name in names)


def test_a_list_of_several_pages_is_imported_as_one_run(
    provider: ThreatExchangeProvider, remote: RemoteList, store: KnownStore, held: HeldPages
) -> None:
    provider.records = [record(str(number)) for number in range(7)]
    fetched = fetch_list(remote, store, held, LIST, by=FETCHER)
    assert (fetched.outcome, fetched.pages) == ("imported", 4)
    assert fetched.report is not None
    assert fetched.report.added == 7
    assert held_by(store) == hashes(*"0123456")
    assert len({shown.run for shown in store.export(LIST)}) == 1


def test_the_next_fetch_brings_what_is_new_and_what_was_taken_back(
    provider: ThreatExchangeProvider, server: ListServer, remote: RemoteList, store: KnownStore, held: HeldPages
) -> None:
    now = int(time())
    provider.records = [record("a", now - 5000), record("b", now - 5000), record("c", now - 100)]
    fetch_list(remote, store, held, LIST, by=FETCHER)
    server.asked.clear()
    provider.records = [
        record("a", now - 5000),
        record("b", now, "Withdrawn"),
        record("c", now - 100),
        record("d", now),
    ]
    fetched = fetch_list(remote, store, held, LIST, by=FETCHER)
    assert fetched.report is not None
    assert (fetched.report.added, fetched.report.retracted, fetched.report.already_there) == (1, 1, 1)
    assert held_by(store) == hashes("a", "c", "d")
    assert int(server.asked[0].query["startTimestamp"]) == now - 100 - 600


def test_a_fetch_that_finds_nothing_imports_nothing(remote: RemoteList, store: KnownStore, held: HeldPages) -> None:
    version = store.version
    assert fetch_list(remote, store, held, LIST, by=FETCHER).outcome == "nothing_new"
    assert store.version == version
    assert held.state(LIST).cursor is not None


def test_what_breaks_off_in_the_middle_goes_on_behind_the_last_page(
    provider: ThreatExchangeProvider, server: ListServer, remote: RemoteList, store: KnownStore, held: HeldPages
) -> None:
    provider.records = [record(str(number)) for number in range(7)]
    healthy, broken = server._answers, threading.Event()

    def breaks(asked: Asked) -> Answer:
        return Answer(503) if asked.query.get("nextPageToken") == "10+/=4" and not broken.is_set() else healthy(asked)

    server._answers = breaks
    with pytest.raises(RemoteUnavailableError):
        fetch_list(remote, store, held, LIST, by=FETCHER)
    assert held_by(store) == []
    state = held.state(LIST)
    assert (state.held_pages, state.complete, state.cursor) == (2, False, None)
    assert "status 503" in str(state.trouble)
    broken.set()
    server.asked.clear()
    assert fetch_list(remote, store, held, LIST, by=FETCHER).pages == 4
    assert [asked.query["nextPageToken"] for asked in server.asked] == ["10+/=4", "10+/=6"]
    assert held_by(store) == hashes(*"0123456")
    assert held.state(LIST).trouble is None


def test_killed_in_the_middle_of_a_fetch_every_entry_is_there_once_in_the_end(
    known: Path, store: KnownStore, held: HeldPages, clock: Clock
) -> None:
    register(store, categories={"A1": "baseline"})
    provider = NcmecProvider(page=3)
    names = [str(number) for number in range(10)]
    for name in names:
        provider.put(entry(name, clock() - 1000))
    reached, go_on = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Answer:
        if asked.query.get("start") == "7" and not go_on.is_set():
            reached.set()
            return provider.answer(asked)._replace(wait=go_on)
        return provider.answer(asked)

    with ListServer(answer) as server:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.matchers.remote.fetching_child", f"{server.origin}/npo", str(known)]
        )
        try:
            assert reached.wait(30)
        finally:
            child.kill()
            assert child.wait(30) == -signal.SIGKILL
            go_on.set()
        before = len(server.asked)
        clock.now = time()
        with listed(server, "ncmec", clock) as remote:
            fetched = fetch_list(remote, store, held, LIST, by=FETCHER)
        first = server.asked[before].query
    assert first["start"] == "7"
    assert fetched.report is not None
    assert fetched.report.added == 20
    assert sorted(shown.provenance.list_id for shown in store.export(LIST)) == sorted(
        f"42-{name}" for name in names for _ in ("md5", "sha1")
    )


def test_pages_that_were_all_held_are_imported_without_asking_again(
    provider: ThreatExchangeProvider, server: ListServer, remote: RemoteList, store: KnownStore, held: HeldPages
) -> None:
    provider.records = [record("a"), record("b"), record("c")]
    held.tried(LIST)
    for page in remote.pages(None):
        held.hold(LIST, page)
    server.asked.clear()
    assert fetch_list(remote, store, held, LIST, by=FETCHER).outcome == "imported"
    assert server.asked == []
    assert held_by(store) == hashes("a", "b", "c")


def test_an_import_that_needs_a_second_person_keeps_the_cursor_back_until_it_is_approved(
    provider: ThreatExchangeProvider, server: ListServer, remote: RemoteList, store: KnownStore, held: HeldPages
) -> None:
    now = int(time())
    provider.records = [record("a", now - 5000)]
    fetch_list(remote, store, held, LIST, by=FETCHER)
    cursor = held.state(LIST).cursor
    provider.records += [record(str(number), now - 60) for number in range(9)]
    fetched = fetch_list(remote, store, held, LIST, by=FETCHER)
    assert fetched.outcome == "proposed"
    assert fetched.proposal is not None
    assert held_by(store) == hashes("a")
    assert held.state(LIST).cursor == cursor
    server.asked.clear()
    assert fetch_list(remote, store, held, LIST, by=FETCHER).outcome == "waiting"
    assert server.asked == []
    store.approve(fetched.proposal, by=BEN)
    assert fetch_list(remote, store, held, LIST, by=FETCHER).outcome == "imported"
    assert server.asked[0].query["startTimestamp"] == str(now - 60 - 600)
    assert held_by(store) == hashes("a", *"012345678")


def test_a_refused_import_is_not_proposed_again_until_somebody_asks_for_it(
    provider: ThreatExchangeProvider, server: ListServer, remote: RemoteList, store: KnownStore, held: HeldPages
) -> None:
    provider.records = [record("a")]
    fetch_list(remote, store, held, LIST, by=FETCHER)
    provider.records += [record(str(number)) for number in range(9)]
    fetched = fetch_list(remote, store, held, LIST, by=FETCHER)
    assert fetched.proposal is not None
    store.refuse(fetched.proposal, by=ANNA, reason="that cannot be")
    server.asked.clear()
    assert fetch_list(remote, store, held, LIST, by=FETCHER).outcome == "refused"
    assert server.asked == []
    again = fetch_list(remote, store, held, LIST, by=FETCHER, afresh=True)
    assert again.outcome == "proposed"
    assert server.asked[0].query["startTimestamp"] == "10"


def test_a_proposal_that_lapsed_is_fetched_again(
    provider: ThreatExchangeProvider, remote: RemoteList, store: KnownStore, held: HeldPages, clock: Clock
) -> None:
    provider.records = [record("a")]
    fetch_list(remote, store, held, LIST, by=FETCHER)
    provider.records += [record(str(number)) for number in range(9)]
    fetch_list(remote, store, held, LIST, by=FETCHER)
    clock.now += 31 * 86_400
    again = fetch_list(remote, store, held, LIST, by=FETCHER)
    assert (again.outcome, again.report is not None and again.report.added) == ("proposed", 9)


def test_a_fetch_of_which_most_cannot_be_read_is_refused_until_it_is_asked_for_afresh(
    provider: ThreatExchangeProvider, server: ListServer, remote: RemoteList, store: KnownStore, held: HeldPages
) -> None:
    good = [record("a"), record("b"), record("c")]
    provider.records = [each._replace(value="rubbish") for each in good]
    with pytest.raises(ImportRefusedError):
        fetch_list(remote, store, held, LIST, by=FETCHER)
    provider.records = good
    server.asked.clear()
    with pytest.raises(ImportRefusedError):
        fetch_list(remote, store, held, LIST, by=FETCHER)
    assert server.asked == []
    assert fetch_list(remote, store, held, LIST, by=FETCHER, afresh=True).outcome == "imported"
    assert held_by(store) == hashes("a", "b", "c")


def test_pages_of_a_list_whose_categories_mean_nothing_yet_wait_for_their_meaning(
    store: KnownStore, held: HeldPages, clock: Clock
) -> None:
    provider = NcmecProvider(page=100)
    provider.put(entry("a", clock() - 1000))
    with ListServer(provider.answer) as server, listed(server, "ncmec", clock) as remote:
        with pytest.raises(ImportRefusedError, match="A1"):
            fetch_list(remote, store, held, LIST, by=FETCHER)
        server.asked.clear()
        register(store, categories={"A1": "baseline"})
        assert fetch_list(remote, store, held, LIST, by=FETCHER).outcome == "imported"
        assert server.asked == []


def test_rows_that_cannot_be_read_say_on_which_page_they_stood(
    provider: ThreatExchangeProvider, remote: RemoteList, store: KnownStore, held: HeldPages
) -> None:
    provider.records = [record(str(number)) for number in range(9)]
    provider.records[3] = provider.records[3]._replace(value="rubbish")
    fetch_list(remote, store, held, LIST, by=FETCHER)
    (row,) = store.quarantined(LIST)
    assert (row.line, row.reason.startswith("page 2: "), row.file.startswith("fetched 20")) == (2, True, True)


@pytest.mark.parametrize("trouble", ["unknown", "signed", "ended"])
def test_nothing_is_asked_for_a_list_that_may_not_be_imported(
    server: ListServer, remote: RemoteList, store: KnownStore, held: HeldPages, trouble: str
) -> None:
    name = "another list" if trouble == "unknown" else LIST
    if trouble == "signed":
        register(store, signing_key="A" * 43 + "=")
    if trouble == "ended":
        changed = store.retract(LIST, None, by=ANNA, reason="it ends")
        if changed.proposal is not None:
            store.approve(changed.proposal, by=BEN)
    with pytest.raises(NotAllowedError):
        fetch_list(remote, store, held, name, by=FETCHER)
    assert server.asked == []


def test_a_full_disk_stops_the_fetch_and_loses_nothing(
    provider: ThreatExchangeProvider, remote: RemoteList, store: KnownStore, held: HeldPages
) -> None:
    provider.records = [record(str(number)) for number in range(40)]
    pages = held._connection.execute("PRAGMA page_count").fetchone()[0]
    held._connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StoreUnavailableError, match="SQLITE_FULL"):
        fetch_list(remote, store, held, LIST, by=FETCHER)
    assert held_by(store) == []
    assert held.state(LIST).held_pages > 0
    held._connection.execute("PRAGMA max_page_count = 1000000")
    assert fetch_list(remote, store, held, LIST, by=FETCHER).outcome == "imported"
    assert len(held_by(store)) == 40


def test_two_processes_do_not_fetch_one_list_at_once(
    known: Path, clock: Clock, remote: RemoteList, store: KnownStore, held: HeldPages
) -> None:
    other = open_held_pages(known, clock, VEIL_KEY)
    with other.alone(LIST), pytest.raises(AlreadyFetchingError):
        fetch_list(remote, store, held, LIST, by=FETCHER)
    other.close()
    assert fetch_list(remote, store, held, LIST, by=FETCHER).outcome == "nothing_new"


def test_held_pages_are_sealed_and_read_by_their_owner_only(
    provider: ThreatExchangeProvider, remote: RemoteList, held: HeldPages, known: Path, clock: Clock
) -> None:
    provider.records = [record("a"), record("b"), record("c")]
    held.tried(LIST)
    for page in remote.pages(None):
        held.hold(LIST, page)
    files = [each for each in known.parent.iterdir() if "-remote" in each.name]
    assert files
    for each in files:
        assert each.stat().st_mode & 0o077 == 0
        found = each.read_bytes()
        assert all(
            text not in found for name in "abc" for text in (hash_of(name).encode(), bytes.fromhex(hash_of(name)))
        )
    other = open_held_pages(known, clock, bytes(32))
    with pytest.raises(StoreRefusedError, match="veil_key_file"):
        list(other.rows(LIST))
    other.close()


def test_every_kind_of_row_comes_back_as_it_was_held(held: HeldPages) -> None:
    rows = (
        ListHead(version="7", dated=datetime(2026, 3, 1, tzinfo=UTC)),
        KnownEntry(algorithm="md5", value="0" * 32, list=LIST, list_id="1", dated=datetime(2026, 3, 1, tzinfo=UTC)),
        Tombstone(list_id="2", algorithm="pdq", value="1" * 64),
        LeftOut(reason="a film"),
        BadRow(line=3, reason="no hash"),
    )
    held.tried(LIST)
    held.hold(LIST, Page(rows=rows, cursor="x", last=True))
    assert tuple(held.rows(LIST)) == (*rows[:-1], BadRow(line=3, reason="page 1: no hash"))
    assert held.held_rows(LIST) == 4
    assert (held.state(LIST).complete, held.state(LIST).held_cursor) == (True, "x")


def test_a_file_of_another_format_is_refused(known: Path, clock: Clock) -> None:
    known.parent.mkdir(parents=True)
    path = known.with_name(known.name + "-remote.sqlite")
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreRefusedError, match="move it away"):
        open_held_pages(known, clock, VEIL_KEY)


EVERY = RemoteTable(kind="ncmec", url="https://lists.example", every_minutes=120)
HOUR = 3600.0


@pytest.mark.parametrize(
    ("state", "at"),
    [
        (FetchState(), 0.0),
        (FetchState(tried_at=HOUR, done_at=HOUR), 3 * HOUR),
        (FetchState(tried_at=HOUR, begun_at=HOUR), 0.0),
        (FetchState(tried_at=HOUR, begun_at=HOUR, trouble="away"), 2 * HOUR),
        (FetchState(tried_at=HOUR, trouble="busy", not_before=9 * HOUR), 9 * HOUR),
    ],
    ids=["never tried", "done", "killed on its way", "failed", "asked to wait"],
)
def test_when_a_list_is_due(state: FetchState, at: float) -> None:
    assert due_at(state, EVERY) == at


def test_who_asked_for_a_long_rest_is_left_alone_for_so_long(
    server: ListServer, remote: RemoteList, store: KnownStore, held: HeldPages, clock: Clock
) -> None:
    server.first.append(Answer(429, headers={"Retry-After": "7200"}))
    tables = {LIST: table(server, "threatexchange", every_minutes=5)}
    with pytest.raises(RemoteUnavailableError):
        fetch_list(remote, store, held, LIST, by=FETCHER)
    assert due(tables, held, clock() + 7100) == ()
    assert due(tables, held, clock() + 7201) == (LIST,)


def test_one_lists_trouble_keeps_no_other_from_its_turn(
    provider: ThreatExchangeProvider, server: ListServer, store: KnownStore, held: HeldPages, clock: Clock
) -> None:
    register(store, "b list")
    register(store, "c list")
    provider.records = [record("a")]
    tables = {
        "b list": table(server, "threatexchange", user="hotline"),
        "c list": table(server, "threatexchange"),
        "d list": table(server, "threatexchange"),
        LIST: RemoteTable(kind="ncmec", url=server.origin + "/nothing/here"),
    }

    def opens(name: str, each: RemoteTable) -> AbstractContextManager[RemoteList]:
        return remote_list(name, each, digest_key=DIGEST_KEY, clock=clock)

    def ended() -> dict[str, str]:
        found = fetch_due(tables, opens, store, held, by=FETCHER, clock=clock)
        return {each.list: each.trouble if isinstance(each, FetchFailed) else each.outcome for each in found}

    told = ended()
    assert told["c list"] == "imported"
    assert "password_file" in told["b list"]
    assert "known register" in told["d list"]
    assert "404" in told[LIST]
    assert "c list" not in ended()
    assert held_by(store, "c list") == hashes("a")


def test_only_the_server_that_a_list_is_registered_with_adds_to_it_without_a_second_person(
    provider: ThreatExchangeProvider, server: ListServer, tmp_path: Path, held: HeldPages, clock: Clock
) -> None:
    limits = Limits(small_list=0, most_changed=1.0)
    store = KnownStore(tmp_path / "vigilant" / "known.sqlite", clock, VEIL, limits)
    register(store, "a list", fetched_from=server.origin)
    register(store, "b list", fetched_from="https://lists.example")
    provider.records = [record("a")]
    tables = {name: table(server, "threatexchange") for name in ("a list", "b list")}

    def opens(name: str, each: RemoteTable) -> AbstractContextManager[RemoteList]:
        return remote_list(name, each, digest_key=DIGEST_KEY, clock=clock)

    ended = fetch_due(tables, opens, store, held, by=FETCHER, clock=clock)
    assert {each.list: isinstance(each, Fetched) and each.outcome for each in ended} == {
        "a list": "imported",
        "b list": "proposed",
    }
    store.close()


def test_pages_that_another_server_sent_are_not_imported_as_this_ones(
    provider: ThreatExchangeProvider, server: ListServer, remote: RemoteList, store: KnownStore, held: HeldPages
) -> None:
    held.tried(LIST, server="https://elsewhere.example")
    slipped_in = KnownEntry(algorithm="md5", value="ab" * 16, list=LIST, list_id="x")
    held.hold(LIST, Page(rows=(slipped_in,), cursor="1", last=True))
    provider.records = [record("a")]
    assert fetch_list(remote, store, held, LIST, by=FETCHER, server=server.origin).outcome == "imported"
    assert held_by(store) == hashes("a")
