import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from matchers.contract.records import KnownEntry
from matchers.known import ImportRefusedError
from matchers.known.importers import Reading, read_vics
from matchers.known.importers.json_guard import MAX_ITEM_BYTES
from matchers.known.rows import Row
from tests.pictures_seen import DIGEST_KEY
from tests.unit.matchers.importers.reading_files import (
    LIST,
    bad,
    entry,
    left_out,
    made_up,
    rows_of,
    rows_of_file,
    undated,
)

MD5 = made_up("kite", "md5")


# JSON is any JSON.
def vics(*items: Any, context: str = "DataModels/1.3.xml#Media") -> list[Row]:
    return rows_of(json.dumps({"odata.metadata": context, "value": items}).encode())


def only_entry(rows: list[Row]) -> KnownEntry:
    (row,) = rows
    assert isinstance(row, KnownEntry)
    return row


def test_a_list_of_data_model_1_3_with_a_byte_order_mark_is_read() -> None:
    rows = rows_of_file("vics_1_3.json")
    made = undated(rows)[-1].list_id
    assert undated(rows) == [
        entry("kite", "md5", "101", category="1"),
        entry("kite", "sha1", "101", category="1"),
        entry("boat", "md5", "102", category="2"),
        entry("lake", "sha1", "103", category="0"),
        entry("tree", "md5", made, category="1"),
        entry("tree", "sha1", made, category="1"),
    ]
    assert bad(rows) == [(3, "md5 has 32 characters, this has 33")]
    assert left_out(rows) == ["photodna is not matched here"]


def test_the_british_profile_of_data_model_2_0_is_read_with_its_alternative_hashes() -> None:
    rows = rows_of_file("vics_2_0_uk.json")
    assert undated(rows) == [
        entry("kite", "md5", "7", category="2"),
        entry("kite", "sha1", "7", category="2"),
        entry("kite", "sha256", "7", category="2"),
        entry("kite", "pdq", "7", category="2"),
        entry("boat", "md5", "8", category="0"),
    ]
    assert bad(rows) == [
        (1, "the algorithm is none of md5, sha1, sha256, pdq, phash, dhash"),
        (1, "sha256 has 64 characters, this has 3"),
    ]
    assert left_out(rows) == ["photodna is not matched here"]


def test_media_nested_in_cases_are_read_and_named_by_their_hash_since_each_case_counts_from_one() -> None:
    rows = rows_of_file("vics_2_0_cases.json")
    assert [(row.algorithm, row.value, row.category) for row in undated(rows)] == [
        ("md5", made_up("kite", "md5"), "1"),
        ("sha1", made_up("kite", "sha1"), "1"),
        ("md5", made_up("boat", "md5"), "3"),
        ("md5", made_up("lake", "md5"), "2"),
    ]
    kite, same, boat, lake = (row.list_id for row in undated(rows))
    assert kite == same
    assert len({kite, boat, lake}) == 3


def test_cases_in_a_file_that_does_not_say_so_are_read_too() -> None:
    rows = vics({"CaseID": "x", "Media": [{"MediaID": 1, "MD5": MD5}, {"MediaID": 2, "MD5": "x"}]})
    assert [row.value for row in undated(rows)] == [MD5]
    assert bad(rows) == [(1, "the hash is not hexadecimal")]


def test_an_items_date_becomes_utc() -> None:
    dates = [row.dated for row in rows_of_file("vics_1_3.json") if isinstance(row, KnownEntry)]
    first = datetime(2023, 6, 7, 2, 31, 49, 830_000, tzinfo=UTC)
    assert dates == [first, first, datetime(2014, 3, 27, tzinfo=UTC), None, None, None]


@pytest.mark.parametrize("date", ["yesterday", "0001-01-01T00:00:00+14:00", 20230607, True, ["2023"]])
def test_a_date_that_cannot_be_read_costs_the_date_and_is_counted(date: object) -> None:
    rows = vics({"MediaID": 1, "MD5": MD5, "DateUpdated": date})
    assert [row.value for row in undated(rows)] == [MD5]
    assert left_out(rows) == ["a time that cannot be read; the entry is kept without it"]


def test_nothing_about_persons_is_kept() -> None:
    written = b"".join(repr(row).encode() for row in rows_of_file("vics_1_3.json"))
    fields = {field for row in undated(rows_of_file("vics_1_3.json")) for field in row.__struct_fields__}
    assert fields == {"algorithm", "value", "list", "list_id", "category", "source", "dated"}
    for text in (b"A Series", b"a tag", b"remark", b"kite.jpg"):
        assert text not in written


@pytest.mark.parametrize("category", [None, "", 0, "0", "  "], ids=["null", "empty", "number", "text", "blank"])
def test_an_item_without_category_is_uncategorised(category: object) -> None:
    assert only_entry(vics({"MediaID": 1, "MD5": MD5, "Category": category})).category == "0"


@pytest.mark.parametrize(("category", "kept"), [(2, "2"), ("2", "2"), (2.0, "2"), ("Cat B", "Cat B")])
def test_a_category_is_kept_as_it_stands(category: object, kept: str) -> None:
    assert only_entry(vics({"MediaID": 1, "MD5": MD5, "Category": category})).category == kept


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"MediaID": 1, "MD5": MD5, "Category": True}, "Category is no text"),
        ({"MediaID": {}, "MD5": MD5}, "MediaID is no text"),
        ({"MediaID": "x" * 201, "MD5": MD5}, "MediaID is longer than 200 characters"),
        ({"MediaID": "a\u0000b", "MD5": MD5}, "MediaID has characters that are no text"),
        ({"MediaID": 1, "MD5": 12}, "MD5 is no text"),
        ({"MediaID": 1, "MD5": None, "SHA1": ""}, "the item has no hash"),
        ({}, "the item has no hash"),
        ("text", "the item is no object"),
        (None, "the item is no object"),
        ([1], "the item is no object"),
    ],
)
def test_an_item_that_cannot_be_read_says_why_and_costs_only_itself(item: object, expected: str) -> None:
    rows = vics({"MediaID": 1, "MD5": MD5}, item, {"MediaID": 3, "MD5": MD5})
    assert bad(rows) == [(2, expected)]
    assert [row.list_id for row in undated(rows)] == ["1", "3"]


@pytest.mark.parametrize("others", ["text", {"HashName": "SHA256"}, [None], [{"HashValue": 3, "HashName": "md5"}]])
def test_what_is_wrong_among_alternative_hashes_costs_only_itself(others: object) -> None:
    rows = vics({"MediaID": 1, "MD5": MD5, "AlternativeHashes": others})
    assert len(bad(rows)) == 1
    assert [row.value for row in undated(rows)] == [MD5]


def test_names_are_found_in_any_case_of_letters() -> None:
    rows = vics({"mediaid": 5, "Md5": MD5, "sha1": made_up("kite", "sha1"), "category": "1", "NEW": 1})
    assert undated(rows) == [entry("kite", "md5", "5", category="1"), entry("kite", "sha1", "5", category="1")]


def test_a_list_of_harmless_files_in_data_model_1_2_is_refused() -> None:
    with pytest.raises(ImportRefusedError, match=r"another data model than 1\.3 and 2\.0.*harmless"):
        vics({"MediaID": 1, "MD5": MD5}, context="http://example/DataModels/1.2.xml#Media")


def test_slashes_may_be_escaped() -> None:
    content = json.dumps({"odata.metadata": "x/DataModels/1.2.xml#Media", "value": []}).replace("/", "\\/")
    with pytest.raises(ImportRefusedError):
        rows_of(content.encode())


def test_a_byte_that_is_no_utf_8_costs_the_text_it_stands_in_and_nothing_else() -> None:
    content = json.dumps({"value": [{"MediaID": 1, "MD5": MD5, "Comments": "?!"}, {"MediaID": 2, "MD5": MD5}]})
    rows = rows_of(content.encode().replace(b"?!", b"\xe9"))
    assert [row.list_id for row in undated(rows)] == ["1", "2"]
    rows = rows_of(content.replace("Comments", "Category").encode().replace(b"?!", b"\xe9"))
    assert [row.list_id for row in undated(rows)] == ["2"]
    assert bad(rows) == [(1, "Category has characters that are no text")]


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (b"", "the JSON document ends before it is complete: the file is cut short"),
        (b'{"MediaID": 2, "MD5": "', "the JSON document ends before it is complete: the file is cut short"),
        (b"}}}", "from here on this is no JSON: nothing after this item was read"),
        (b'{"MediaID": 2 "MD5": 1}]}', "from here on this is no JSON: nothing after this item was read"),
        (b'{"a":' * 40_000, "nested deeper than any list: nothing after this item was read"),
        (b"[" * 2_000_000, "nested deeper than any list: nothing after this item was read"),
    ],
    ids=["cut", "cut in an item", "brackets", "no comma", "deep", "deeper"],
)
def test_a_broken_document_gives_what_came_before_and_tells_where_it_broke_off(end: bytes, expected: str) -> None:
    reading = Reading()
    content = b'{"value": [{"MediaID": 1, "MD5": "' + MD5.encode() + b'"},' + end
    rows = rows_of(content, reading=reading)
    assert [row.list_id for row in undated(rows)] == ["1"]
    assert bad(rows) == [(2, expected)]
    assert not reading.complete


def test_many_small_items_are_not_taken_for_deep_ones() -> None:
    rows = vics(*[[]] * 5000)
    assert bad(rows) == [(number, "the item is no object") for number in range(1, 5001)]


def test_an_item_longer_than_any_ends_the_reading() -> None:
    item = b'{"MediaID": 2, "Comments": "' + b"x" * (2 * MAX_ITEM_BYTES) + b'"}'
    rows = rows_of(b'{"value": [{"MediaID": 1, "MD5": "' + MD5.encode() + b'"},' + item + b"]}")
    assert [row.list_id for row in undated(rows)] == ["1"]
    assert [line for line, _ in bad(rows)] == [2]


def test_a_whole_document_is_said_to_be_complete() -> None:
    reading = Reading()
    rows_of_file("vics_1_3.json", reading=reading)
    assert reading.complete


def test_it_can_be_read_from_a_stream_that_gives_little_at_a_time() -> None:
    class Trickle(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 7))

    content = json.dumps(
        {"value": [{"MediaID": i, "MD5": MD5, "Comments": "é"} for i in range(50)]}, ensure_ascii=False
    )
    rows = list(read_vics(Trickle(content.encode()), list_name=LIST, digest_key=DIGEST_KEY))
    assert [row.list_id for row in undated(rows)] == [str(i) for i in range(50)]
