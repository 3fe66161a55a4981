"""Paging through JSON with `hashRecords`, tokens and times."""

import json
from collections.abc import Iterator

import pytest

from matchers.known.remote import RemoteRefusedError
from tests.list_servers.server import Answer, Asked, ListServer
from tests.list_servers.threatexchange import ThreatExchangeProvider
from tests.pictures_seen import hash_of
from tests.services.redis_certificates import Authority
from tests.unit.matchers.remote.providers import DAY, NOW, Clock, listed, names, record, tombstones, undated


@pytest.fixture
def provider() -> ThreatExchangeProvider:
    return ThreatExchangeProvider()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(provider: ThreatExchangeProvider) -> Iterator[ListServer]:
    with ListServer(lambda asked: undated(provider.answer(asked))) as listening:
        yield listening


def test_all_pages_come_once(provider: ThreatExchangeProvider, server: ListServer, clock: Clock) -> None:
    provider.records = [record(f"picture {number}") for number in range(7)]
    with listed(server, "threatexchange", clock) as remote:
        pages = list(remote.pages(None))
    assert names(pages) == [hash_of(f"picture {number}") for number in range(7)]
    assert [page.last for page in pages] == [False, False, False, True]
    assert server.asked[0].query == {"startTimestamp": "10", "pageSize": "2"}


def test_the_next_fetch_begins_where_the_provider_says_less_the_overlap(
    provider: ThreatExchangeProvider, server: ListServer, clock: Clock
) -> None:
    provider.records = [record("old", NOW - DAY)]
    with listed(server, "threatexchange", clock, overlap_minutes=10) as remote:
        *_, last = remote.pages(None)
        provider.records += [record("late", NOW - DAY - 60), record("new", NOW)]
        pages = list(remote.pages(last.cursor))
    assert server.asked[-1].query["startTimestamp"] == str(int(NOW - DAY - 600))
    assert names(pages) == [hash_of("old"), hash_of("late"), hash_of("new")]


@pytest.mark.parametrize("unit", [1, 1000], ids=["seconds", "milliseconds"])
def test_a_time_to_come_is_not_believed(server: ListServer, clock: Clock, unit: int) -> None:
    page = {"hashRecords": [], "hasMoreRecords": False, "nextSetTimestamp": int(NOW + DAY) * unit}
    server.first.append(undated(Answer(200, json.dumps(page).encode())))
    with listed(server, "threatexchange", clock) as remote:
        (only,) = remote.pages(None)
        list(remote.pages(only.cursor))
    assert server.asked[-1].query["startTimestamp"] == str(int(NOW - 600) * unit)


def test_without_a_time_the_next_fetch_begins_when_this_one_did(server: ListServer, clock: Clock) -> None:
    server.first.append(undated(Answer(200, b'{"hashRecords": [], "hasMoreRecords": false}')))
    with listed(server, "threatexchange", clock) as remote:
        (only,) = remote.pages(None)
        clock.now += DAY
        list(remote.pages(only.cursor))
    assert server.asked[-1].query["startTimestamp"] == str(int(NOW - 600))


def test_a_page_in_the_middle_is_resumed_with_its_token(
    provider: ThreatExchangeProvider, server: ListServer, clock: Clock
) -> None:
    provider.records = [record(f"picture {number}") for number in range(7)]
    with listed(server, "threatexchange", clock) as remote:
        first = next(remote.pages(None))
        after = list(remote.pages(first.cursor))
    assert server.asked[1].query["nextPageToken"] == "10+/=2"
    assert names(after) == [hash_of(f"picture {number}") for number in range(2, 7)]


@pytest.mark.parametrize("forgotten", [True, False], ids=["the provider forgot it", "it is two hours old"])
def test_a_token_that_is_no_longer_good_begins_the_question_again(
    provider: ThreatExchangeProvider, server: ListServer, clock: Clock, forgotten: bool
) -> None:
    provider.records = [record(f"picture {number}") for number in range(7)]
    with listed(server, "threatexchange", clock) as remote:
        first = next(remote.pages(None))
    provider.forgotten = forgotten
    if not forgotten:
        clock.now += 2 * 3600
    with listed(server, "threatexchange", clock, page_size=100) as remote:
        after = list(remote.pages(first.cursor))
    assert names(after) == [hash_of(f"picture {number}") for number in range(7)]


def test_what_was_withdrawn_comes_as_tombstones(
    provider: ThreatExchangeProvider, server: ListServer, clock: Clock
) -> None:
    provider.records = [record("gone", status="Withdrawn")]
    with listed(server, "threatexchange", clock) as remote:
        pages = list(remote.pages(None))
    assert [(row.algorithm, row.value) for row in tombstones(pages)] == [("pdq", hash_of("gone"))]


def test_a_client_certificate_opens_the_list(
    provider: ThreatExchangeProvider, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    theirs, ours = authority.sign("server"), authority.sign("client")
    provider.records = [record("a")]

    def answer(asked: Asked) -> Answer:
        return undated(provider.answer(asked))

    with (
        ListServer(answer, certificate=theirs, clients_of=authority.certificate) as server,
        listed(
            server,
            "threatexchange",
            clock,
            ca_file=authority.certificate,
            certificate_file=ours.certificate,
            key_file=ours.key,
        ) as remote,
    ):
        assert names(list(remote.pages(None))) == [hash_of("a")]


def test_a_provider_that_gives_the_same_token_again_is_noticed(server: ListServer, clock: Clock) -> None:
    page = b'{"hashRecords": [], "hasMoreRecords": true, "nextPageToken": "again"}'
    server.first.extend([undated(Answer(200, page))] * 10)
    with listed(server, "threatexchange", clock) as remote, pytest.raises(RemoteRefusedError, match="circles"):
        list(remote.pages(None))
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Please log in</html>",
        b'{"hashRecords": [], "hasMoreRecords": fal',
        b'{"hashRecords": []}',
        b'{"hasMoreRecords": false}',
        b'{"hashRecords": {}, "hasMoreRecords": false}',
    ],
    ids=["nothing", "a web page", "cut short", "no word of more", "no records", "records of another shape"],
)
def test_what_is_no_page_of_the_list_is_refused_whole(server: ListServer, clock: Clock, body: bytes) -> None:
    server.first.append(undated(Answer(200, body)))
    with listed(server, "threatexchange", clock) as remote, pytest.raises(RemoteRefusedError, match="no page"):
        next(remote.pages(None))


def test_more_without_a_token_is_refused_since_it_would_be_missed(server: ListServer, clock: Clock) -> None:
    server.first.append(undated(Answer(200, b'{"hashRecords": [], "hasMoreRecords": true}')))
    with listed(server, "threatexchange", clock) as remote, pytest.raises(RemoteRefusedError, match="but not where"):
        next(remote.pages(None))


def test_a_list_that_says_it_is_of_adults_is_refused(server: ListServer, clock: Clock) -> None:
    body = {
        "hashRecords": [{"signalType": "ImagePDQ", "hashValue": hash_of("a"), "CSPFeedbacks": [{"source": "NCII"}]}]
    }
    server.first.append(undated(Answer(200, json.dumps(body | {"hasMoreRecords": False}).encode())))
    with listed(server, "threatexchange", clock) as remote, pytest.raises(RemoteRefusedError, match="adults"):
        next(remote.pages(None))
