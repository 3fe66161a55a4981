import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.contract.records import Algorithm, KnownEntry
from matchers.known.importers import read_csv, read_lines
from matchers.known.importers.numbered_lines import MAX_LINE_BYTES
from matchers.known.rows import BadRow, Row
from tests.pictures_seen import DIGEST_KEY, hash_of

MD5, SHA1, SHA256 = hash_of("a", "md5"), hash_of("a", "sha1"), hash_of("a")


def csv_rows(text: str | bytes) -> list[Row]:
    raw = text.encode() if isinstance(text, str) else text
    return list(read_csv(io.BytesIO(raw), list_name="a list", digest_key=DIGEST_KEY))


def lines(text: str, algorithm: Algorithm | None = None) -> list[Row]:
    stream = io.BytesIO(text.encode())
    return list(read_lines(stream, list_name="a list", digest_key=DIGEST_KEY, algorithm=algorithm))


def entries(rows: list[Row]) -> list[tuple[str, str]]:
    assert not [row for row in rows if isinstance(row, BadRow)]
    return [(row.algorithm, row.value) for row in rows if isinstance(row, KnownEntry)]


def reason(rows: list[Row]) -> str:
    (row,) = rows
    assert isinstance(row, BadRow)
    return row.reason


def test_a_csv_row_becomes_an_entry_with_its_provenance() -> None:
    assert csv_rows(f"md5,{MD5},baseline,hotline nl,entry-7\n") == [
        KnownEntry(
            algorithm="md5", value=MD5, list="a list", list_id="entry-7", category="baseline", source="hotline nl"
        )
    ]


def test_columns_that_are_missing_or_empty_are_absent() -> None:
    (short, empty) = csv_rows(f"md5,{MD5}\nsha1,{SHA1},,,\n")
    assert isinstance(short, KnownEntry)
    assert isinstance(empty, KnownEntry)
    assert short.category is short.source is empty.category is empty.source is None


def test_an_entry_without_an_id_of_its_own_gets_the_same_one_every_time() -> None:
    (first,), (again,), (other,) = csv_rows(f"md5,{MD5}"), csv_rows(f"md5,{MD5.upper()}"), csv_rows(f"sha1,{SHA1}")
    assert isinstance(first, KnownEntry)
    assert isinstance(again, KnownEntry)
    assert isinstance(other, KnownEntry)
    assert first.list_id == again.list_id != other.list_id
    assert MD5 not in first.list_id


@pytest.mark.parametrize(
    "text",
    [
        f"md5,{MD5}\nsha256,{SHA256}",
        f"md5,{MD5}\r\nsha256,{SHA256}\r\n",
        f"\ufeffmd5,{MD5}\nsha256,{SHA256}\n",
        f"algorithm,hash\nmd5,{MD5}\nsha256,{SHA256}\n",
        f"\ufeffAlgorithm,Hash\r\nmd5,{MD5}\r\nsha256,{SHA256}\r\n",
        f'"md5","{MD5}"\n"sha256", "{SHA256}"\n',
        f"MD5,{MD5.upper()}\nSHA-256,{SHA256[:30]}{SHA256[30:].upper()}\n",
        f"\n# a comment, with a comma\nmd5,{MD5}\n\n   \nsha256,{SHA256}\n\n",
        f" md5 , {MD5} \n\tsha256,\t{SHA256}\n",
        f"hash,remark,algorithm\n{MD5},,md5\n{SHA256},ok,sha256,,\n",
    ],
    ids=["plain", "crlf", "bom", "header", "bom and header", "quoted", "case", "blanks", "spaces", "other order"],
)
def test_the_ways_in_which_real_lists_are_written_are_all_read(text: str) -> None:
    assert entries(csv_rows(text)) == [("md5", MD5), ("sha256", SHA256)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"md5,{MD5}0", "md5 has 32 characters, this has 33"),
        (f"pdq,{SHA1}", "pdq has 64 characters, this has 40"),
        ("md5," + "g" * 32, "the hash is not hexadecimal"),
        ("md5,", "the hash is missing"),
        ("md5", "the hash is missing"),
        (f",{MD5}", "the algorithm is missing"),
        (f"{MD5},md5", "the algorithm is none of md5, sha1, sha256, pdq, phash, dhash"),
        (f'md5,"{MD5}', "the quotes do not match"),
        (f"md5,{MD5},a,b,c,d", "6 columns, expected at most 5"),
        (f"md5,{MD5},{'x' * 201}", "category is longer than 200 characters"),
        (f"md5,{MD5},{'x' * MAX_LINE_BYTES}", f"longer than {MAX_LINE_BYTES} bytes"),
    ],
)
def test_a_row_that_cannot_be_read_says_why_and_costs_only_itself(row: str, expected: str) -> None:
    before, bad, after = csv_rows(f"sha1,{SHA1}\n{row}\nsha256,{SHA256}\n")
    assert bad == BadRow(line=2, reason=expected)
    assert entries([before, after]) == [("sha1", SHA1), ("sha256", SHA256)]


def test_a_row_in_another_encoding_costs_only_itself() -> None:
    before, bad, after = csv_rows(f"md5,{MD5}\nmd5,{MD5},catégorie\nmd5,{MD5}\n".encode("latin-1"))
    assert bad == BadRow(line=2, reason="not UTF-8 text: save the list as UTF-8")
    assert len(entries([before, after])) == 2


@given(st.binary(max_size=200))
def test_no_bytes_make_the_csv_importer_fail_or_repeat_what_they_say(raw: bytes) -> None:
    for row in csv_rows(raw):
        assert isinstance(row, BadRow)
        assert len(row.reason) < 100


@given(st.text(alphabet="0123456789abcdef", min_size=20, max_size=70), st.booleans())
def test_a_reason_never_repeats_a_hash(value: str, swapped: bool) -> None:
    for row in csv_rows(f"{value},md5" if swapped else f"md5,{value}"):
        assert not isinstance(row, BadRow) or value not in row.reason


def test_plain_lines_are_read_with_the_algorithm_given() -> None:
    assert entries(lines(f"{SHA256}\r\n# comment\n\n{SHA256.upper()}\n", "pdq")) == [("pdq", SHA256)] * 2


def test_plain_lines_tell_md5_and_sha1_by_their_length() -> None:
    assert entries(lines(f"\ufeff{MD5}\n{SHA1}\n")) == [("md5", MD5), ("sha1", SHA1)]


def test_64_characters_are_not_guessed() -> None:
    assert reason(lines(SHA256)) == "64 characters could be sha256 or pdq: name the algorithm"


def test_a_line_of_no_algorithms_length_is_set_aside() -> None:
    assert reason(lines("abc")) == "no algorithm that is matched here has 3 characters"
    assert reason(lines(MD5, "sha1")) == "sha1 has 40 characters, this has 32"
