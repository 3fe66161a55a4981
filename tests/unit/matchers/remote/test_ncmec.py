"""Paging through NCMEC's hash sharing, as its documentation and its public client tell of it."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from matchers.known.remote import RemoteRefusedError
from tests.list_servers.ncmec import NAMESPACE, NcmecProvider
from tests.list_servers.server import Answer, ListServer
from tests.pictures_seen import hash_of
from tests.unit.matchers.remote.providers import DAY, NOW, Clock, entry, listed, names, secret, tombstones, undated


@pytest.fixture
def provider() -> NcmecProvider:
    return NcmecProvider(page=2)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(provider: NcmecProvider) -> Iterator[ListServer]:
    with ListServer(lambda asked: undated(provider.answer(asked))) as listening:
        yield listening


def test_all_pages_of_all_windows_come_once(provider: NcmecProvider, server: ListServer, clock: Clock) -> None:
    wanted = {f"picture {number}": NOW - number * 20 * DAY for number in range(1, 30)}
    for name, at in wanted.items():
        provider.put(entry(name, at))
    for number in range(7):
        provider.put(entry(f"same second {number}", NOW - DAY))
    with listed(server, "ncmec", clock) as remote:
        pages = list(remote.pages(None))
    expected = [hash_of(name, "md5") for name in [*wanted, *(f"same second {number}" for number in range(7))]]
    assert sorted(names(pages)) == sorted(expected)
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert max(len(names([page])) for page in pages) == 2
    assert server.connections == 1


def test_windows_leave_no_gap_and_overlap(provider: NcmecProvider, server: ListServer, clock: Clock) -> None:
    with listed(server, "ncmec", clock, overlap_minutes=10) as remote:
        list(remote.pages(None))
    windows = provider.windows(server.asked)
    assert windows[0][:2] == ("1970-01-01T00:00:00Z", "2010-01-01T00:00:00Z")
    assert windows[1][0] == "2009-12-31T23:50:00Z"
    assert all(later[0] < earlier[1] for earlier, later in itertools.pairwise(windows))
    assert windows[-1][1] == "2023-11-14T22:13:20Z"
    assert len(windows) < 200


def test_the_next_fetch_asks_for_what_changed_since_with_an_overlap(
    provider: NcmecProvider, server: ListServer, clock: Clock
) -> None:
    provider.put(entry("old"))
    with listed(server, "ncmec", clock) as remote:
        *_, last = remote.pages(None)
        server.asked.clear()
        clock.now += 3600
        provider.put(entry("late", NOW - 60))  # Written before the last fetch, shown after it.
        provider.put(entry("new", NOW + 60))
        pages = list(remote.pages(last.cursor))
    assert provider.windows(server.asked) == [("2023-11-14T22:03:20Z", "2023-11-14T23:13:20Z", 1)]
    assert sorted(names(pages)) == sorted([hash_of("late", "md5"), hash_of("new", "md5")])


def test_a_page_in_the_middle_is_resumed_in_its_own_window(
    provider: NcmecProvider, server: ListServer, clock: Clock
) -> None:
    for number in range(7):
        provider.put(entry(f"picture {number}"))
    with listed(server, "ncmec", clock) as remote:
        before = []
        for page in remote.pages(None):
            before.append(page)
            if names([page]):
                break
        asked = len(server.asked)
        clock.now += 3600
        after = list(remote.pages(page.cursor))
    first, second = provider.windows(server.asked)[asked - 1 : asked + 1]
    assert (first[:2], first[2], second[2]) == (second[:2], 1, 3)
    assert sorted(names(before) + names(after)) == sorted(hash_of(f"picture {number}", "md5") for number in range(7))


@pytest.mark.parametrize("forgotten", [True, False], ids=["the provider forgot it", "it is 13 hours old"])
def test_a_place_that_is_no_longer_good_begins_its_window_again(
    provider: NcmecProvider, server: ListServer, clock: Clock, forgotten: bool
) -> None:
    for number in range(7):
        provider.put(entry(f"picture {number}"))
    with listed(server, "ncmec", clock) as remote:
        page = next(page for page in remote.pages(None) if names([page]))
        if forgotten:
            provider.page, provider.forgotten = 100, True
        else:
            clock.now += 13 * 3600
        after = list(remote.pages(page.cursor))
    assert sorted(names(after)) == sorted(hash_of(f"picture {number}", "md5") for number in range(7))


def test_what_was_taken_back_comes_as_tombstones(provider: NcmecProvider, server: ListServer, clock: Clock) -> None:
    provider.put(entry("gone", deleted=True))
    with listed(server, "ncmec", clock) as remote:
        pages = list(remote.pages(None))
    assert [row.list_id for row in tombstones(pages)] == ["42-gone"]
    assert names(pages) == []


def test_user_and_password_are_needed_where_the_provider_says_so(clock: Clock, tmp_path: Path) -> None:
    provider = NcmecProvider(page=2, user="hotline", password="sesame")
    provider.put(entry("a"))
    with ListServer(lambda asked: undated(provider.answer(asked))) as server:
        with listed(server, "ncmec", clock, user="hotline", password_file=secret(tmp_path, "sesame")) as remote:
            assert names(list(remote.pages(None))) == [hash_of("a", "md5")]
        wrong = listed(server, "ncmec", clock, user="hotline", password_file=secret(tmp_path, "open"))
        with wrong as remote, pytest.raises(RemoteRefusedError, match="401"):
            list(remote.pages(None))


def test_a_provider_that_pages_in_circles_is_noticed(server: ListServer, clock: Clock) -> None:
    circle = f'<queryResult xmlns="{NAMESPACE}"><paging><next>/v2/entries?start=1</next></paging></queryResult>'
    server.first.extend([undated(Answer(200, circle.encode()))] * 10)
    with listed(server, "ncmec", clock) as remote, pytest.raises(RemoteRefusedError, match="circles"):
        list(remote.pages(None))
    assert len(server.asked) == 2


def test_a_provider_with_ever_new_pages_and_nothing_on_them_is_noticed(server: ListServer, clock: Clock) -> None:
    for number in range(150):
        onward = f"<next>/v2/entries?start={number}</next>"
        page = f'<queryResult xmlns="{NAMESPACE}"><paging>{onward}</paging></queryResult>'
        server.first.append(undated(Answer(200, page.encode())))
    with listed(server, "ncmec", clock) as remote, pytest.raises(RemoteRefusedError, match="circles"):
        list(remote.pages(None))
    assert len(server.asked) == 100


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Please log in</html>",
        b'{"hashRecords": []}',
        f'<queryResult xmlns="{NAMESPACE}"><images count="1">'.encode(),
        b'<queryResult xmlns="https://elsewhere.example"/>',
        f'<!DOCTYPE x [<!ENTITY a "b">]><queryResult xmlns="{NAMESPACE}">&a;</queryResult>'.encode(),
    ],
    ids=["nothing", "a web page", "JSON", "cut short", "another namespace", "a document type"],
)
def test_what_is_no_page_of_the_list_is_refused_whole(server: ListServer, clock: Clock, body: bytes) -> None:
    server.first.append(undated(Answer(200, body)))
    with listed(server, "ncmec", clock) as remote, pytest.raises(RemoteRefusedError, match="no page of NCMEC"):
        next(remote.pages(None))


@pytest.mark.parametrize("onward", ["https://elsewhere.example/v2/entries?", "@elsewhere.example/", "/v2/members"])
def test_a_next_page_elsewhere_is_not_followed(server: ListServer, clock: Clock, onward: str) -> None:
    page = f'<queryResult xmlns="{NAMESPACE}"><paging><next>{onward}</next></paging></queryResult>'
    server.first.append(undated(Answer(200, page.encode())))
    with listed(server, "ncmec", clock) as remote, pytest.raises(RemoteRefusedError, match="not among its entries"):
        list(remote.pages(None))
    assert len(server.asked) == 1


@pytest.mark.parametrize("cursor", ["", "17", '{"since": 17}', '{"since": "2020-01-01T00:00:00Z", "token": "x"}'])
def test_a_cursor_that_is_none_is_not_guessed_at(server: ListServer, clock: Clock, cursor: str) -> None:
    with listed(server, "ncmec", clock) as remote, pytest.raises(RemoteRefusedError, match="afresh"):
        list(remote.pages(cursor))


def test_a_page_shows_neither_its_rows_nor_its_cursor(
    provider: NcmecProvider, server: ListServer, clock: Clock
) -> None:
    provider.put(entry("a"))
    with listed(server, "ncmec", clock) as remote:
        *_, page = remote.pages(None)
    assert names([page]) == [hash_of("a", "md5")]
    assert hash_of("a", "md5") not in repr(page)
    assert "since" not in repr(page)
