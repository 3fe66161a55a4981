"""Sealing at the crawler, opening at the desk, and the record of it."""

import re
from pathlib import Path
from typing import get_args

import pytest

from crawler.contract.addresses import Address, SealedAddress
from crawler.sealing import Sealer, read_digest_key, read_public_key
from desk.audit import AuditLog
from desk.errors import AuditBrokenError, CannotOpenError, KeyFileError, TooManyOpenedError
from desk.keys import create_keys, read_secret_key
from desk.opening import Opener

ADDRESS = Address(url="http://host.example/1.jpg", page_url="http://host.example/", chain=("http://host.example/",))


class Desk:
    def __init__(self, folder: Path, per_hour: int = 10) -> None:
        self.secret, self.public, self.digest, self.veil = (folder / name for name in "spdv")
        create_keys(secret=self.secret, public=self.public, digest=self.digest, veil=self.veil)
        self.now = 1_000_000.0
        self.file = folder / "audit.jsonl"
        self.log = AuditLog(self.file, lambda: self.now)
        self.per_hour = per_hour
        self.sealer = Sealer(read_public_key(self.public))
        self.opener = self.new_opener()

    def new_opener(self) -> Opener:
        key = read_secret_key(self.secret)
        return Opener(key, self.log, actor="anna", per_hour=self.per_hour, clock=lambda: self.now)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_what_the_crawler_seals_the_desk_opens_on_the_record(desk: Desk) -> None:
    sealed = desk.sealer.seal(ADDRESS)
    assert desk.opener.open("hit1", sealed, reason="review") == ADDRESS
    (entry,) = desk.log.entries()
    assert (entry.actor, entry.action, entry.subject, entry.reason) == ("anna", "address_opened", "hit1", "review")


def test_a_sealed_address_tells_nothing_and_never_looks_the_same_twice(desk: Desk) -> None:
    one, other = desk.sealer.seal(ADDRESS), desk.sealer.seal(ADDRESS)
    assert one != other
    assert "host" not in one
    (_, form) = get_args(SealedAddress)
    assert re.fullmatch(form.pattern, one)


def test_another_desks_key_opens_nothing_and_the_try_is_on_the_record(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    stranger = Desk(tmp_path / "other")
    with pytest.raises(CannotOpenError):
        stranger.opener.open("hit1", desk.sealer.seal(ADDRESS), reason="review")
    assert len(list(stranger.log.entries())) == 1


def test_nobody_opens_more_in_an_hour_than_policy_allows_restarts_included(tmp_path: Path) -> None:
    desk = Desk(tmp_path, per_hour=2)
    sealed = desk.sealer.seal(ADDRESS)
    for hit in ("1", "2"):
        desk.opener.open(hit, sealed, reason="review")
    for opener in (desk.opener, desk.new_opener()):
        with pytest.raises(TooManyOpenedError):
            opener.open("3", sealed, reason="review")
    desk.now += 3601
    assert desk.opener.open("3", sealed, reason="review") == ADDRESS


def test_keys_are_their_owners_only_and_never_overwritten(desk: Desk) -> None:
    assert desk.secret.stat().st_mode & 0o077 == 0
    assert desk.digest.stat().st_mode & 0o077 == 0
    assert len(read_digest_key(desk.digest)) == 32
    with pytest.raises(KeyFileError, match="exists already"):
        create_keys(secret=desk.secret, public=desk.public, digest=desk.digest, veil=desk.veil)


@pytest.mark.parametrize("change", ["edit", "remove", "insert", "swap"])
def test_a_change_to_the_audit_log_is_noticed(desk: Desk, change: str) -> None:
    for number in range(4):
        desk.log.append(actor="anna", action="a", subject=str(number), reason="r")
    lines = desk.file.read_bytes().splitlines(keepends=True)
    match change:
        case "edit":
            lines[1] = lines[1].replace(b"anna", b"bert")
        case "remove":
            del lines[1]
        case "insert":
            lines.insert(1, lines[0])
        case "swap":
            lines[1], lines[2] = lines[2], lines[1]
    desk.file.write_bytes(b"".join(lines))
    with pytest.raises(AuditBrokenError):
        list(desk.log.entries())


def test_a_long_audit_log_goes_on_from_its_last_line(desk: Desk) -> None:
    for number in range(60):
        desk.log.append(actor="anna", action="a", subject=str(number), reason="x" * 300)
    assert [entry.number for entry in desk.log.entries()] == list(range(1, 61))


def test_the_audit_log_survives_a_torn_line_by_refusing_to_go_on(desk: Desk) -> None:
    desk.log.append(actor="anna", action="a", subject="1", reason="r")
    with desk.file.open("ab") as file:
        file.write(b'{"number":2,"at"')
    with pytest.raises(AuditBrokenError, match="no entry"):
        desk.log.append(actor="anna", action="a", subject="2", reason="r")
