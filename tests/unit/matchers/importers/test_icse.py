import pytest

from matchers.known import ImportRefusedError
from tests.unit.matchers.importers.reading_files import (
    FILES,
    bad,
    entry,
    left_out,
    made_up,
    rows_of,
    rows_of_file,
    undated,
)

HEADER = (FILES / "icse.csv").read_bytes().splitlines()[0].decode()
MD5 = made_up("kite", "md5")


def test_a_list_from_icse_is_read_with_its_trailing_columns_and_its_md5_of_33_characters() -> None:
    rows = rows_of_file("icse.csv")
    assert undated(rows) == [
        entry("kite", "md5", "5001", category="Baseline"),
        entry("kite", "sha1", "5001", category="Baseline"),
        entry("boat", "sha1", "5002", category="Non-baseline"),
        entry("film", "md5", "5003"),
        entry("lake", "md5", "5005", category="Baseline"),
        entry("lake", "sha1", "5005", category="Baseline"),
    ]
    assert bad(rows) == [
        (3, "md5 has 32 characters, this has 33"),
        (5, "the hash is missing"),
        (7, "more columns than the header names, and those it names are not in their places"),
    ]
    assert left_out(rows) == [f"{name} is not matched here" for name in ("lace", "photodna", "zz40")]


def test_letters_that_are_no_utf_8_cost_nothing_in_a_column_that_is_not_kept() -> None:
    row = f"{MD5};;;;;1;;;;Série;;;;;Image;x"
    assert len(undated(rows_of(f"{HEADER}\n{row}\n".encode("latin-1")))) == 1


def test_columns_may_stand_in_another_order_in_quotes_and_after_a_byte_order_mark() -> None:
    text = f'\ufeff"Image ID";"Baseline";"MD5"\n"7";"a; b";"{MD5.upper()}"\n'
    assert undated(rows_of(text.encode())) == [entry("kite", "md5", "7", category="a; b")]


def test_a_row_that_ends_early_has_nothing_in_what_is_missing() -> None:
    assert undated(rows_of(f"{HEADER}\n{MD5}\n".encode()))[0].category is None


def test_a_file_without_its_header_is_refused() -> None:
    with pytest.raises(ImportRefusedError, match="does not name the columns"):
        rows_of(f"{MD5};;;;;1\n".encode(), format="icse")
    with pytest.raises(ImportRefusedError, match="no ICSE rows"):
        rows_of(b"# nothing\n", format="icse")
