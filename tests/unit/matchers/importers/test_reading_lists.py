import bz2
import gzip
import io
import json
from collections.abc import Callable

import pytest

from matchers.contract.records import KnownEntry
from matchers.known import ImportRefusedError
from matchers.known.importers import ListFormat, Reading, detect, read_list
from matchers.known.importers.gzipped import FREE_BYTES
from matchers.known.rows import Tombstone
from tests.pictures_seen import DIGEST_KEY
from tests.unit.matchers.importers.reading_files import (
    FILES,
    LIST,
    bad,
    entry,
    left_out,
    made_up,
    rows_of,
    rows_of_file,
    undated,
)

MD5, SHA1, PDQ = (made_up("kite", kind) for kind in ("md5", "sha1", "pdq"))

BY_FILE: dict[str, ListFormat] = {
    "vics_1_3.json": "vics",
    "vics_2_0_uk.json": "vics",
    "vics_2_0_cases.json": "vics",
    "icse.csv": "icse",
    "ncmec.xml": "ncmec",
    "hash_records.json": "threatexchange",
    "threat_updates.json": "threatexchange",
}


@pytest.mark.parametrize(("name", "expected"), BY_FILE.items())
def test_a_format_is_told_by_the_content(name: str, expected: ListFormat) -> None:
    content = (FILES / name).read_bytes()
    assert detect(io.BytesIO(content)) == expected
    assert detect(io.BytesIO(gzip.compress(content))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"md5,{MD5}\n", "csv"),
        (f"\ufeffalgorithm,hash\nmd5,{MD5}\n", "csv"),
        (f"# a remark, with a comma\n\n{MD5}\n", "lines"),
        (f"\ufeff{MD5}", "lines"),
        (f"nonsense\n{MD5}\n", "lines"),
        (json.dumps({"value": [{"MD5": MD5}]}), "vics"),
        (json.dumps({"odata.metadata": "DataModels/1.3.xml#Media", "indicator": 1, "value": []}), "vics"),
    ],
)
def test_a_format_is_told_by_little(text: str, expected: ListFormat) -> None:
    assert detect(io.BytesIO(text.encode())) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b" \r\n", "is empty"),
        (f"{MD5}\n".encode("utf-16"), "UTF-16 text.*save it as UTF-8"),
        (b"PK\x03\x04rest", "zip archive.*unpack it"),
        (bz2.compress(b"x"), "no format that is known here.*csv, lines, vics, icse, ncmec, threatexchange"),
        (b'{"hashes": []}', "no format that is known here"),
        (b"<html><body>Log in</body></html>", "no format that is known here"),
        (b"once upon a time\nthere was\n", "no format that is known here"),
        (b"# only remarks\n", "no format that is known here"),
    ],
)
def test_what_is_in_no_known_format_is_refused_and_the_formats_are_told(content: bytes, expected: str) -> None:
    with pytest.raises(ImportRefusedError, match=expected):
        rows_of(content)


@pytest.mark.parametrize("name", BY_FILE)
def test_a_gzipped_list_is_read_as_the_list_itself(name: str) -> None:
    content = (FILES / name).read_bytes()
    half = len(content) // 2
    parts = gzip.compress(content[:half]) + gzip.compress(content[half:])
    assert rows_of(gzip.compress(content)) == rows_of(parts) == rows_of_file(name)


@pytest.mark.parametrize(
    "harm",
    [lambda packed: packed[:-9], lambda packed: packed[:-8] + b"wrong!!!", lambda packed: packed[:200] + b"\xff" * 99],
    ids=["cut", "checksum", "damaged"],
)
def test_a_gzipped_list_that_is_damaged_is_refused(harm: Callable[[bytes], bytes]) -> None:
    lines = "".join(f"md5,{made_up(str(number), 'md5')}\n" for number in range(2000))
    with pytest.raises(ImportRefusedError, match="damaged or cut short"):
        rows_of(harm(gzip.compress(lines.encode())))


def test_a_gzipped_bomb_is_refused() -> None:
    bomb = gzip.compress(b"md5," + b"0" * (3 * FREE_BYTES))
    rows = read_list(io.BytesIO(bomb), list_name=LIST, digest_key=DIGEST_KEY)
    with pytest.raises(ImportRefusedError, match="swells to more than 200 times"):
        for _ in rows:
            pass


def test_an_algorithm_makes_a_file_of_lines_and_goes_with_no_other() -> None:
    stream = io.BytesIO(f"{PDQ}\n".encode())
    rows = list(read_list(stream, list_name=LIST, digest_key=DIGEST_KEY, algorithm="pdq"))
    assert [row.algorithm for row in undated(rows)] == ["pdq"]
    content = (FILES / "vics_1_3.json").read_bytes()
    with pytest.raises(ImportRefusedError, match="the file is vics, which names its own"):
        list(read_list(io.BytesIO(content), list_name=LIST, digest_key=DIGEST_KEY, algorithm="pdq"))


def test_nothing_is_read_before_the_first_row_is_asked_for_so_that_a_signature_can_be_checked_first() -> None:
    stream = io.BytesIO(f"md5,{MD5}\n".encode())
    rows = read_list(stream, list_name=LIST, digest_key=DIGEST_KEY)
    stream.read()
    stream.seek(0)
    assert undated(rows) == [undated(rows_of(f"md5,{MD5}\n".encode()))[0]]


@pytest.mark.parametrize("text", [f"md5,{MD5}\n", f"{MD5}\n"])
def test_a_file_of_lines_is_complete_when_it_was_read_to_its_end(text: str) -> None:
    reading = Reading()
    rows_of(text.encode(), reading=reading)
    assert reading.complete


def test_csv_may_tell_when_an_entry_was_made_and_that_it_was_taken_back() -> None:
    rows = rows_of(
        (
            "algorithm,hash,list_id,dated,retracted\n"
            f"md5,{MD5},1,2024-05-06,false\nsha1,{SHA1},1,2024-05-06T07:08:09+02:00,\npdq,{PDQ},1,soon,no\n"
            f"md5,{MD5},1,,true\n,,2,,YES\nmd5,{MD5},,,1\nmd5,{MD5},3,,perhaps\n,,,,yes\n"
        ).encode()
    )
    dates = [row.dated and row.dated.isoformat() for row in rows if isinstance(row, KnownEntry)]
    assert dates == ["2024-05-06T00:00:00+00:00", "2024-05-06T05:08:09+00:00", None]
    assert left_out(rows) == ["a time that cannot be read; the entry is kept without it"]
    whole, one, made = (row for row in rows if isinstance(row, Tombstone))
    assert [one, whole] == [Tombstone(list_id="2"), Tombstone(list_id="1", algorithm="md5", value=MD5)]
    assert made.list_id == undated(rows_of(f"md5,{MD5}\n".encode()))[0].list_id
    assert bad(rows) == [(8, "retracted is neither true nor false"), (9, "the algorithm is missing")]


def test_algorithms_that_are_matched_elsewhere_are_left_out_and_counted() -> None:
    rows = rows_of(f"photodna,AAAA,,,1\nmd5,{MD5},,,1\nwHash,00,,,1\n".encode())
    assert undated(rows) == [entry("kite", "md5", "1")]
    assert left_out(rows) == ["photodna is not matched here", "whash is not matched here"]


def test_hashes_of_64_bits_from_a_hotlines_own_folder_are_read() -> None:
    rows = rows_of(f"pHash,{MD5[:16]}\ndhash,{MD5[16:]}\n".encode())
    assert [(row.algorithm, row.value) for row in undated(rows)] == [("phash", MD5[:16]), ("dhash", MD5[16:])]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("md5,d41d8cd98f00b204e9800998ecf8427e", "what an empty file has"),
        ("sha1,DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", "what an empty file has"),
        ("sha256,e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "what an empty file has"),
        ("md5," + "0" * 32, "all its bits are the same"),
        ("sha1," + "f" * 40, "all its bits are the same"),
        ("pdq," + "0" * 64, "all its bits are the same"),
        ("pdq," + "F" * 64, "all its bits are the same"),
        ("phash," + "0" * 16, "all its bits are the same"),
    ],
)
def test_a_hash_that_would_match_every_empty_file_or_blank_is_set_aside(row: str, expected: str) -> None:
    ((line, reason),) = bad(rows_of(f"{row}\n".encode()))
    assert line == 1
    assert expected in reason


def test_a_text_with_control_characters_is_set_aside() -> None:
    assert bad(rows_of(f"md5,{MD5},\x1b[2J\n".encode())) == [(1, "category has characters that are no text")]
    assert undated(rows_of(f"md5,{MD5},catégorie\u00a0A\n".encode()))[0].category == "catégorie\u00a0A"
