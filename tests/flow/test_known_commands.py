"""`zoeklicht known` as two people use it: register, approve, import, look, switch off, take back."""

import json
import re
import time
from pathlib import Path

import pytest
import tomli_w
from click.testing import CliRunner
from PIL import Image

from crawler.contract.errors import CrawlerError
from crawler.sealing import read_veil_key
from desk.audit import AuditLog
from matchers.contract.errors import MatcherError
from matchers.known import KnownTable, Person, open_known_store
from tests.flow.chain import write_document
from tests.photographs import encoded, photographs
from zoeklicht.cli import zoeklicht

LENIENT = {"known": {"one_account": True, "small_list": 0, "most_changed": 1, "unsigned_by_one": True}}


class Desk:
    """Runs commands in this process, since starting one takes a second; `test_command_line` starts some for real."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        # Whoever runs the tests has one account only.
        write_document(folder / "zoeklicht.toml", LENIENT)
        self.run("keys", "create")

    def run(self, *arguments: str, typed: str | None = None) -> str:
        """What it printed."""
        done = CliRunner().invoke(zoeklicht, [*arguments, "--config", str(self.folder / "zoeklicht.toml")], input=typed)
        assert done.exception is None, done.exception
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """Why not."""
        done = CliRunner().invoke(zoeklicht, [*arguments, "--config", str(self.folder / "zoeklicht.toml")])
        assert isinstance(done.exception, (CrawlerError, MatcherError)), done.exception
        return str(done.exception)

    def register(self, name: str, *more: str, **categories: str) -> None:
        """What two people do before a list is imported."""
        mapping = self.folder / "categories.toml"
        mapping.write_text(tomli_w.dumps({"categories": categories}))
        told = ("--source", "tests", "--regime", "csam", "--contact", "tests@host.example", *more)
        mapped = ("--categories", str(mapping)) if categories else ()
        said = self.run("known", "register", name, *told, *mapped, "--by", "one")
        self.run("known", "approve", said.split()[-1], "--by", "another")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_nothing_is_imported_into_a_list_that_two_people_have_not_registered(desk: Desk, tmp_path: Path) -> None:
    rows = tmp_path / "list.csv"
    rows.write_text(f"algorithm,hash\nmd5,{'a' * 32}\n")
    importing = ("known", "import", str(rows), "--list", "trial")
    assert "zoeklicht known register" in desk.refused(*importing)
    registering = ("known", "register", "trial", "--source", "x", "--contact", "x", "--by", "one", "--regime")
    assert "another regime" in desk.refused(*registering, "ncii_adults")
    proposal = desk.run(*registering, "csam").split()[-1]
    assert f"zoeklicht known approve {proposal}" in desk.refused(*importing)
    assert "somebody else" in desk.refused("known", "approve", proposal, "--by", "One")
    desk.run("known", "approve", proposal, "--by", "another")
    assert "1 added" in desk.run(*importing)
    assert [line.split("  ")[1:3] for line in desk.run("known", "deeds").splitlines()][-1][1] == "imported trial"


def test_lists_are_imported_and_unreadable_rows_set_aside(desk: Desk, tmp_path: Path) -> None:
    rows = tmp_path / "list.csv"
    rows.write_text("algorithm,hash,category,source,list_id\n" + f"md5,{'a' * 32},1,x,1\n" * 9 + "md5,zzz,1,x,2\n")
    desk.register("trial", **{"1": "baseline"})
    desk.register("lines")
    told = desk.run("known", "import", str(rows), "--list", "trial")
    assert "1 added" in told
    assert "1 could not be read" in told
    assert "list.csv:11" in desk.run("known", "quarantine")
    assert "No row is set aside" in desk.run("known", "quarantine", "--list", "lines")
    assert "no list nobody" in desk.refused("known", "quarantine", "--list", "nobody")
    assert re.search(r"trial .* 1 md5 ", desk.run("known", "list"))
    lines = tmp_path / "hashes.txt"
    lines.write_text("b" * 32 + "\n" + "c" * 40 + "\n")
    assert "2 added" in desk.run("known", "import", str(lines), "--list", "lines")


def test_a_file_that_is_no_list_is_refused_whole(desk: Desk, tmp_path: Path) -> None:
    rows = tmp_path / "list.csv"
    rows.write_text("one,two\nthree,four\n")
    desk.register("x")
    assert "nothing was imported" in desk.refused("known", "import", str(rows), "--list", "x").replace("\n", " ")


def test_an_entry_is_shown_switched_off_and_on_and_taken_back(desk: Desk, tmp_path: Path) -> None:
    rows = tmp_path / "list.csv"
    rows.write_text(f"algorithm,hash,category,source,list_id\nmd5,{'a' * 32},,,7\nsha1,{'b' * 40},,,8\n")
    desk.register("trial")
    desk.run("known", "import", str(rows), "--list", "trial")
    assert "active" in desk.run("known", "show", "trial", "7")
    assert "no entry of that name" in desk.refused("known", "show", "trial", "9")
    for act, standing in (("disable", "disabled"), ("enable", "active"), ("retract", "retracted")):
        assert "1 hash changed" in desk.run("known", act, "trial", "7", "--reason", "a test")
        assert standing in desk.run("known", "show", "trial", "7")
    told = desk.run("known", "retract", "trial", "--whole-list", "--reason", "a test", "--by", "one")
    assert "nothing is changed yet" in told
    assert "it ends the whole list" in desk.run("known", "status")
    refusing = ("known", "refuse", told.split()[-1], "--reason", "a test")
    assert "is refused" in desk.run(*refusing)
    exported = desk.run("known", "export", "trial")
    assert exported.splitlines()[2].startswith("8,sha1,")
    assert "b" * 40 not in exported
    assert "Everything is as it should be" in desk.run("known", "verify")
    recorded = [json.loads(line)["action"] for line in (desk.state / "audit.jsonl").read_text().splitlines()]
    assert recorded[-4:] == ["known_enabled", "known_retracted", "known_proposed", "known_refused"]


def test_a_hash_is_switched_off_by_standard_input_not_by_an_argument(desk: Desk, tmp_path: Path) -> None:
    rows = tmp_path / "list.csv"
    rows.write_text(f"algorithm,hash,category,source,list_id\nmd5,{'a' * 32},,,7\n")
    desk.register("trial")
    desk.run("known", "import", str(rows), "--list", "trial")
    said = desk.run("known", "disable", "--hash", "md5", "--reason", "a test", typed="A" * 32 + "\n")
    assert "1 hash changed" in said
    assert "disabled" in desk.run("known", "show", "trial", "7")
    assert "1 hash is switched off on whatever list" in desk.run("known", "status")


def test_a_hotlines_own_material_is_hashed_in_place_and_approved_by_a_second_person(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "confirmed"
    folder.mkdir(mode=0o700)
    for number, photograph in enumerate(photographs()[:2]):
        with Image.open(photograph) as opened:
            (folder / f"{number}.jpg").write_bytes(encoded(opened.convert("RGB").resize((320, 240)), "JPEG"))
    hashing = ("known", "hash", str(folder), "--list", "own", "--reason", "confirmed")
    desk.register("own")
    assert "--kind own" in desk.refused(*hashing)
    desk.register("mine", "--kind", "own")
    (tmp_path / "empty").mkdir(mode=0o700)
    assert "no files" in desk.refused("known", "hash", str(tmp_path / "empty"), "--list", "mine", "--reason", "x")
    told = desk.run(*hashing[:-3], "mine", *hashing[-2:], "--by", "one")
    assert "would be 12 added" in told
    proposal = told.split()[-1]
    assert "12 added" in desk.run("known", "approve", proposal, "--by", "another")
    assert re.search(r"mine +own .*2 dhash, 2 md5, 2 pdq, 2 phash, 2 sha1, 2 sha256", desk.run("known", "list"))
    assert sorted(each.name for each in folder.iterdir()) == ["0.jpg", "1.jpg"]
    assert not list((desk.state / "own").iterdir())


def test_whoever_approves_can_read_what_they_approve(desk: Desk, tmp_path: Path) -> None:
    desk.register("trial", **{"1": "baseline"})
    mapping = tmp_path / "other.toml"
    mapping.write_text('[categories]\n1 = "leave_out"\n')
    told = ("--source", "tests", "--regime", "csam", "--contact", "tests@host.example", "--categories", str(mapping))
    number = desk.run("known", "register", "trial", *told, "--by", "one").split()[-1]
    said = desk.run("known", "proposal", number)
    assert "categories: 1 = leave_out   <-- so far: 1 = baseline" in said
    assert f"zoeklicht known approve {number}" in said
    assert "no proposal 99" in desk.refused("known", "proposal", "99")


def test_ids_that_look_like_markup_or_orders_to_a_terminal_are_shown_as_they_are(desk: Desk, tmp_path: Path) -> None:
    rows = tmp_path / "list.csv"
    rows.write_text(f"algorithm,hash,category,source,list_id\nmd5,{'a' * 32},,,[/x]\n")
    desk.register("trial")
    desk.run("known", "import", str(rows), "--list", "trial")
    assert "[/x]" in desk.run("known", "show", "trial", "[/x]")
    desk.run("known", "disable", "trial", "[/x]", "--reason", "\x1b[2Jnothing to see\nhere")
    assert "[2Jnothing to see\ufffdhere" in desk.run("known", "deeds")
    assert "\x1b" not in desk.run("known", "deeds")


def test_all_that_was_done_is_in_the_audit_log_even_if_the_command_was_killed_before_it_got_there(desk: Desk) -> None:
    desk.register("trial")
    (desk.state / "audit.jsonl").unlink()
    store = open_known_store(
        KnownTable(one_account=True), desk.state, time.time, read_veil_key(desk.state / "keys" / "veil.key")
    )
    store.disable("trial", by=Person(name="Ann", account="ann"), reason="a test")
    store.close()
    desk.run("known", "enable", "trial", "--reason", "a test", "--by", "Ben")
    entries = list(AuditLog(desk.state / "audit.jsonl", time.time).entries())
    assert [entry.action for entry in entries] == ["known_disabled", "known_enabled"]
    assert entries[0].actor == "Ann (ann)"


def test_changing_the_set_under_looser_limits_is_on_record(desk: Desk) -> None:
    desk.register("trial")
    assert desk.run("known", "deeds").count("limits changed") == 1
    write_document(desk.folder / "zoeklicht.toml", {"known": {"one_account": True}})
    desk.run("known", "disable", "trial", "--reason", "a test")
    desk.run("known", "enable", "trial", "--reason", "a test")
    assert desk.run("known", "deeds").count("limits changed") == 2
