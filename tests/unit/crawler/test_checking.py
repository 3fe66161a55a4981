"""What is said of site profiles, before anything is fetched."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.contract.findings import Finding
from crawler.sites import check_folder

NOW = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
MANDATE = """
[mandate]
kind = "agreement_with_site"
reference = "letter of 3 May"
means = ["anonymous", "account"]
expires = 2026-12-31
approved_by = ["one", "other"]
"""
GOOD = 'type = "forum"\nhosts = ["forum.example"]\nseeds = ["https://forum.example/"]\n'


def found(tmp_path: Path, *lines: str, mandate: str = MANDATE, also: str = "") -> list[Finding]:
    (tmp_path / "a.toml").write_text(GOOD + "\n".join(lines) + mandate + also)
    return list(check_folder(tmp_path, NOW)[1])


def test_a_good_profile_is_found_good(tmp_path: Path) -> None:
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("lines", "changes", "level", "told"),
    [
        ([], {"mandate": ""}, "failure", "nothing of it is fetched: it has no mandate"),
        ([], {"mandate": MANDATE.replace("2026-12-31", "2026-05-31")}, "failure", "its mandate ended on 2026-05-31"),
        ([], {"mandate": MANDATE.replace("2026-12-31", "2026-06-20")}, "warning", "ends on 2026-06-20"),
        (["cookies = { fixed = { adult = '1' } }"], {}, "failure", 'does not permit the means "cookie"'),
        (["window = { opens = '25:00', closes = '06:00' }"], {}, "failure", "window.opens"),
        (["window = { opens = '23:00', closes = '06:00', time_zone = 'Nowhere' }"], {}, "failure", "time_zone"),
        (["gap_seconds = 0"], {}, "warning", "no pause"),
        (["robots_override = { reason = 'the police asked' }"], {}, "warning", "robots.txt: the police asked"),
        (["page_links = ['^https://old\\.example/topic/']"], {}, "warning", "a host that is not the site's"),
        (["acting_links = ['/$']"], {}, "warning", "would refuse seed 1"),
        (["revisits = { first_seconds = 60 }"], {}, "failure", "first_seconds must lie between"),
        (["revisits = { round_seconds = 60 }"], {}, "failure", "round_seconds must lie between"),
        (["expect = { pages_at_least = 9, pages_at_most = 8 }"], {}, "failure", "at least 9 pages and at most 8"),
        (["budget = { pages = 5 }", "expect = { pages_at_least = 9 }"], {}, "failure", "within a budget of 5"),
        (["basic_auth = { user_file = 'u', password_file = 'p' }"], {}, "warning", "is not there"),
        (
            ["basic_auth = { user_file = 'u', password_file = 'p', schemes = ['http'] }"],
            {},
            "warning",
            "everybody on the way",
        ),
        (["nmae = 'x'"], {}, "failure", "unknown field `nmae`"),
        (["headers = { Cookie = 'a=b' }"], {}, "failure", "Cookie is not set here"),
        (["headers = { Transfer-Encoding = 'chunked' }"], {}, "failure", "Transfer-Encoding is not set here"),
    ],
)
def test_what_is_wrong_is_told(
    tmp_path: Path, lines: list[str], changes: dict[str, str], level: str, told: str
) -> None:
    findings = found(tmp_path, *lines, **changes)
    assert {finding.level for finding in findings if told in finding.text} == {level}


def test_all_that_is_wrong_in_all_files_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("[")
    (tmp_path / "other.toml").write_text(GOOD.replace("forum.example", "Forum.Example.") + MANDATE)
    (tmp_path / "old.toml.bak").touch()
    (tmp_path / "third.toml").write_text(
        GOOD.replace('"forum.example"', '"http://third.example/"').replace("s://forum", "s://third")
    )
    told = "\n".join(finding.text for finding in found(tmp_path, "gap_seconds = 0"))
    assert "broken.toml: not valid TOML" in told
    assert "'a' and 'other' share a host" in told
    assert "old.toml.bak is not read" in told
    assert "'http://third.example/' is no host name" in told
    assert "no pause" in told


def test_a_secret_has_to_be_its_owners_and_hold_something(tmp_path: Path) -> None:
    access = "basic_auth = { user_file = 'user', password_file = 'password' }"
    for name, text in (("user", "someone"), ("password", "")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    assert [finding.text for finding in found(tmp_path, access)] == [
        f"basic_auth.password_file: {tmp_path / 'password'} is empty."
    ]
    (tmp_path / "password").write_text("secret")
    assert not found(tmp_path, access)
    (tmp_path / "user").chmod(0o644)
    (finding,) = found(tmp_path, access)
    assert (finding.level, "chmod 600" in finding.text) == ("failure", True)
    assert "secret" not in finding.text.replace(os.fspath(tmp_path), "")
