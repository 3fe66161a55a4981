"""Reports by CSV file."""

from pathlib import Path

import click
import pytest

from zoeklicht.reported_rows import ReportedRow, rows_of

GIVEN = ReportedRow(url="", reference="made-up", password="common")


def test_a_file_as_hotlines_exchange_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(
        "\ufeffurl;referrer;reference;source;type\r\n"
        "http://a.example/1;http://b.example/;R-7;inhope;forum\r\n"
        ";;R-8;;\r\n"
        "http://a.example/2;;;;\r\n",
        encoding="utf-8",
    )
    first, second = rows_of(file, GIVEN)
    assert (first.url, first.referrer, first.reference) == ("http://a.example/1", "http://b.example/", "R-7")
    assert (second.url, second.referrer, second.reference) == ("http://a.example/2", None, "made-up")
    assert first.password == second.password == "common"


def test_nothing_about_a_person_comes_in_by_accident(tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text("url,reporter,email,note\nhttp://a.example/1,Somebody,s@example.org,age gate\n")
    (row,) = rows_of(file, GIVEN)
    assert row == ReportedRow(url="http://a.example/1", reference="made-up", password="common", note="age gate")


@pytest.mark.parametrize("content", [b"address\nhttp://a.example/\n", b"url\n\xff\xfe", b""])
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "reports.csv"
    file.write_bytes(content)
    with pytest.raises(click.ClickException, match=r"url|UTF-8"):
        rows_of(file, GIVEN)


def test_a_row_hides_its_address_and_password() -> None:
    row = GIVEN.with_url("http://a.example/1")
    assert "example" not in repr(row)
    assert "common" not in repr(row)
