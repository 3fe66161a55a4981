from datetime import UTC, datetime

import pytest

from matchers.contract.records import KnownEntry
from matchers.known import ImportRefusedError
from matchers.known.importers import Reading
from matchers.known.rows import ListHead, Row, Tombstone
from tests.unit.matchers.importers.reading_files import (
    bad,
    entry,
    left_out,
    made_up,
    rows_of,
    rows_of_file,
    undated,
)

MEMBER = "Example & Member"
NAMESPACE = "https://hashsharing.ncmec.org/hashsharing/v2"
MD5 = made_up("kite", "md5")


def page(*entries: str, section: str = "images") -> bytes:
    return f'<queryResult xmlns="{NAMESPACE}"><{section}>{"".join(entries)}</{section}></queryResult>'.encode()


def image(number: int = 1, md5: str = MD5) -> str:
    return f'<image><member id="4"/><id>{number}</id><fingerprints><md5>{md5}</md5></fingerprints></image>'


def ids(rows: list[Row]) -> list[str]:
    return [row.list_id for row in undated(rows)]


def test_a_page_is_read_with_images_films_and_what_was_taken_back() -> None:
    rows = rows_of_file("ncmec.xml")
    assert undated(rows) == [
        entry("kite", "md5", "42-image1", category="A1", source=MEMBER),
        entry("kite", "sha1", "42-image1", category="A1", source=MEMBER),
        entry("kite", "pdq", "42-image1", category="A1", source=MEMBER),
        entry("boat", "sha1", "42-image2", category="B2", source=MEMBER),
        entry("film", "md5", "42-video1", source=MEMBER),
    ]
    tombstones = [row for row in rows if isinstance(row, Tombstone)]
    assert tombstones == [Tombstone(list_id="43-image4"), Tombstone(list_id="42-video4")]
    assert bad(rows) == [(3, "md5 has 32 characters, this has 33")]
    assert left_out(rows) == [
        "a fingerprint of a kind that is not known here",
        "a perceptual hash of a film is not matched here",
        "pdna is not matched here",
        "tmkpdqf is not matched here",
    ]


def test_the_newest_timestamp_is_the_lists_date_and_each_entry_has_its_own() -> None:
    rows = rows_of_file("ncmec.xml")
    assert rows[0] == ListHead(dated=datetime(2024, 10, 24, 15, 10, tzinfo=UTC))
    assert sum(isinstance(row, ListHead) for row in rows) == 1
    dates = [row.dated for row in rows if isinstance(row, KnownEntry)]
    assert dates[:4] == [datetime(2024, 10, 24, 15, minute, tzinfo=UTC) for minute in (0, 0, 0, 5)]


def test_the_next_page_and_the_newest_change_are_told() -> None:
    reading = Reading()
    rows_of_file("ncmec.xml", reading=reading)
    onward = "/v2/entries?from=2024-10-20T00%3A00%3A00.000Z&start=2001&size=1000&max=3000"
    assert (reading.next_page, reading.more, reading.complete) == (onward, True, True)
    assert reading.newest == datetime(2024, 10, 24, 15, 20, tzinfo=UTC)


def test_an_empty_page_is_complete_and_the_last() -> None:
    reading = Reading()
    empty = (
        f'<?xml version="1.0"?><queryResult xmlns="{NAMESPACE}"><images count="0"/><videos count="0"/></queryResult>'
    )
    assert rows_of(empty.encode(), reading=reading) == []
    assert (reading.next_page, reading.more, reading.complete) == (None, False, True)


def test_members_and_times_in_the_feedback_are_not_the_entrys() -> None:
    assert {row.source for row in undated(rows_of_file("ncmec.xml"))} == {MEMBER}


@pytest.mark.parametrize(
    ("bad_entry", "expected"),
    [
        ("<image><id>2</id><fingerprints/></image>", "the entry has no id, or no member"),
        ('<image><member id="4"/><id> </id><fingerprints/></image>', "the entry has no id, or no member"),
        ('<image><member id="4"/><id>2</id><fingerprints/></image>', "the entry has no fingerprint"),
        ('<image><member id="4"/><id>2</id></image>', "the entry has no fingerprint"),
        (image(2, ""), "the hash is missing"),
        (image(2, "<b>" + MD5[1:] + "</b>"), "md5 has 32 characters, this has 31"),
        (image(2, "x" * 5_000_000), "the hash is not hexadecimal"),
        (f'<image><member id="{"4" * 300}"/><id>2</id></image>', "id is longer than 200 characters"),
    ],
)
def test_an_entry_that_cannot_be_read_says_why_and_costs_only_itself(bad_entry: str, expected: str) -> None:
    rows = rows_of(page(image(1), bad_entry, image(3)))
    assert bad(rows) == [(2, expected)]
    assert ids(rows) == ["4-1", "4-3"]


def test_a_timestamp_that_cannot_be_read_costs_the_date_and_is_counted() -> None:
    rows = rows_of(page(image().replace("<id>", "<timestamp>soon</timestamp><id>")))
    assert ids(rows) == ["4-1"]
    assert left_out(rows) == ["a time that cannot be read; the entry is kept without it"]


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_another_encoding_that_the_document_names_is_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + page(image()).decode()
    assert ids(rows_of(text.encode(encoding), format="ncmec")) == ["4-1"]


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE queryResult [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {after} "{f"&{before};" * 10}">' for before, after in zip("abcdefgh", "bcdefghi", strict=True))
    + f']><queryResult xmlns="{NAMESPACE}"><images>&i;</images></queryResult>'
)
OUTSIDE = (
    '<!DOCTYPE queryResult [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    f'<queryResult xmlns="{NAMESPACE}"><images>{image(1, "&x;")}</images></queryResult>'
)
FOREIGN_TYPE = f'<!DOCTYPE queryResult SYSTEM "https://lists.example/list.dtd"><queryResult xmlns="{NAMESPACE}"/>'


@pytest.mark.parametrize("document", [BOMB, OUTSIDE, FOREIGN_TYPE], ids=["billion laughs", "reads a file", "fetches"])
def test_entities_are_refused_before_any_is_made(document: str) -> None:
    with pytest.raises(ImportRefusedError, match="declares a document type"):
        rows_of(document.encode())


@pytest.mark.parametrize(
    "document",
    [
        b'<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v1"><images/></queryResult>',
        b'<status xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><member id="1">queryResult</member></status>',
    ],
    ids=["version 1", "another answer"],
)
def test_xml_of_another_kind_is_refused(document: bytes) -> None:
    with pytest.raises(ImportRefusedError, match="version 2"):
        rows_of(document)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (b"", "the XML document ends before it is complete: the file is cut short"),
        (b"<image><id>2</id></video>", "from here on this is no XML: nothing after this entry was read"),
        (b"<image>\xff", "from here on this is no XML: nothing after this entry was read"),
        (b"<a>" * 100_000, "nested or stretched beyond any list: nothing after this entry was read"),
        (b'<image name="' + b"x" * 9_000_000, "nested or stretched beyond any list: nothing after this entry was read"),
    ],
    ids=["cut", "mismatch", "no utf-8", "deep", "long"],
)
def test_a_broken_document_gives_what_came_before_and_tells_where_it_broke_off(end: bytes, expected: str) -> None:
    reading = Reading()
    rows = rows_of(page(image()).removesuffix(b"</images></queryResult>") + end, reading=reading)
    assert ids(rows) == ["4-1"]
    assert [reason for _, reason in bad(rows)] == [expected]
    assert not reading.complete
