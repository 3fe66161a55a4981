import json
from datetime import UTC, datetime
from typing import Any

import pytest

from matchers.contract.records import KnownEntry
from matchers.known import ImportRefusedError
from matchers.known.importers import Reading
from matchers.known.rows import BadRow, Row, Tombstone
from tests.unit.matchers.importers.reading_files import bad, entry, left_out, made_up, rows_of, rows_of_file, undated

PDQ, MD5 = made_up("kite", "pdq"), made_up("boat", "md5")


# JSON is any JSON.
def records(*items: Any, **beside: Any) -> list[Row]:
    return rows_of(json.dumps({**beside, "hashRecords": items}).encode())


def tombstones(rows: list[Row]) -> list[Tombstone]:
    return [row for row in rows if isinstance(row, Tombstone)]


def test_a_page_of_hash_records_is_read_and_what_was_withdrawn_is_taken_back() -> None:
    rows = rows_of_file("hash_records.json")
    kite, boat, rose = undated(rows)
    assert [kite, boat, rose] == [
        entry("kite", "pdq", kite.list_id),
        entry("boat", "md5", boat.list_id),
        entry("rose", "pdq", rose.list_id),
    ]
    assert [(row.algorithm, row.value) for row in tombstones(rows)] == [
        ("pdq", made_up("lake", "pdq")),
        ("pdq", made_up("tree", "pdq")),
    ]
    assert bad(rows) == [(6, "hashStatus is none of Active, Received, Withdrawn, Deleted, Unknown")]
    assert left_out(rows) == [
        "a time that cannot be read; the entry is kept without it",
        "its status is unknown",
        "videotmk is not matched here",
    ]


def test_a_record_without_name_is_taken_back_under_the_name_it_was_given() -> None:
    (given,) = records({"signalType": "HASH_PDQ", "hashValue": PDQ, "hashStatus": "Active"})
    (taken,) = records({"signalType": "ImagePDQ", "hashValue": PDQ.upper(), "hashStatus": "Withdrawn"})
    assert isinstance(given, KnownEntry)
    assert isinstance(taken, Tombstone)
    assert (given.list_id, given.algorithm, given.value) == (taken.list_id, taken.algorithm, taken.value)


def test_the_next_page_and_the_newest_change_are_told() -> None:
    reading = Reading()
    rows_of_file("hash_records.json", reading=reading)
    assert (reading.next_page, reading.more, reading.complete) == ("dG9rZW4=", True, True)
    assert reading.newest == datetime(2021, 7, 1, 21, 31, 11, tzinfo=UTC)


@pytest.mark.parametrize("time", [1625167804, "1625167804", 1625167804.0, 1625167804000, "2021-07-01T19:30:04Z"])
def test_a_time_is_read_in_seconds_milliseconds_or_iso_8601(time: object) -> None:
    (row,) = records({"signalType": "HASH_PDQ", "hashValue": PDQ, "lastModtimestamp": time})
    assert isinstance(row, KnownEntry)
    assert row.dated == datetime(2021, 7, 1, 19, 30, 4, tzinfo=UTC)


def test_updates_of_the_graph_api_are_read() -> None:
    reading = Reading()
    rows = rows_of_file("threat_updates.json", reading=reading)
    assert undated(rows) == [entry("kite", "pdq", "1001"), entry("tree", "sha256", "1005")]
    assert tombstones(rows) == [Tombstone(list_id="1002", algorithm="md5", value=MD5)]
    assert left_out(rows) == ["everybody who describes it calls it harmless", "uri is not matched here"]
    assert reading.next_page == "https://graph.example/v1/1/threat_updates?after=MTAZD"
    assert reading.newest == datetime(2023, 11, 14, 22, 13, 24, tzinfo=UTC)


def test_an_update_that_takes_back_without_saying_the_hash_takes_the_whole_entry_back() -> None:
    assert rows_of(b'{"data": [{"id": "9", "should_delete": true}]}') == [Tombstone(list_id="9")]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"signalType": "HASH_PDQ", "hashValue": MD5}, "pdq has 64 characters, this has 32"),
        ({"signalType": "HASH_PDQ", "hashValue": MD5, "hashStatus": "Deleted"}, "pdq has 64 characters, this has 32"),
        ({"signalType": "HASH_PDQ"}, "the hash is missing"),
        ({"signalType": "HASH_PDQ", "hashValue": {"a": 1}}, "the hash is missing"),
        ({"signalType": "HASH_PDQ", "hashValue": 12}, "the hash is no text"),
        ({"hashValue": PDQ}, "the signal type is missing"),
        ({"signalType": PDQ, "hashValue": PDQ}, "the algorithm is none of md5, sha1, sha256, pdq, phash, dhash"),
        ({"signalType": "HASH_PDQ", "hashValue": PDQ, "hashStatus": 1}, "hashStatus is no text"),
        ({"signalType": "HASH_PDQ", "hashValue": PDQ, "id": False}, "id is no text"),
        (["HASH_PDQ", PDQ], "the record is no object"),
        (None, "the record is no object"),
        (7, "the record is no object"),
    ],
)
def test_a_record_that_cannot_be_read_says_why_and_costs_only_itself(item: object, expected: str) -> None:
    good = {"signalType": "HASH_PDQ", "hashValue": PDQ}
    rows = records(good, item, good)
    assert rows[1:2] == [BadRow(line=2, reason=expected)]
    assert len(rows) == 3
    assert len(undated(rows)) == 2


@pytest.mark.parametrize(
    "beside",
    [{"source": "StopNCII.org"}, {"collaboration": {"name": "NCII sharing"}}, {"tags": ["a", "ncii"]}],
)
def test_a_list_that_says_it_is_one_of_adults_is_refused(beside: dict[str, Any]) -> None:
    with pytest.raises(ImportRefusedError, match="adults' pictures"):
        records({"signalType": "HASH_PDQ", "hashValue": PDQ}, **beside)


def test_a_record_that_says_it_is_of_an_adult_refuses_the_list() -> None:
    feedback = [{"source": "A host", "tags": ["ncii"]}]
    with pytest.raises(ImportRefusedError, match="adults' pictures"):
        records({"signalType": "HASH_PDQ", "hashValue": PDQ, "CSPFeedbacks": feedback})


def test_letters_of_a_token_mean_nothing() -> None:
    assert undated(records({"signalType": "HASH_PDQ", "hashValue": PDQ}, nextPageToken="abc/NCII/def="))


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("", "the JSON document ends before it is complete: the file is cut short"),
        ("}", "from here on this is no JSON: nothing after this item was read"),
        ('{"a":' * 100_000, "nested deeper than any list: nothing after this item was read"),
    ],
)
def test_a_broken_page_gives_what_came_before_and_tells_where_it_broke_off(end: str, expected: str) -> None:
    reading = Reading()
    content = f'{{"hashRecords": [{{"signalType": "HASH_PDQ", "hashValue": "{PDQ}"}}, {end}'
    rows = rows_of(content.encode(), reading=reading)
    assert len(undated(rows)) == 1
    assert bad(rows) == [(2, expected)]
    assert not reading.complete
