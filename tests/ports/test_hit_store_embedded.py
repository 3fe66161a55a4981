"""What only the embedded hit store has: a file, of this format or of the one before."""

import json
import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest

from matchers.contract.errors import StoreRefusedError
from matchers.contract.records import Match, Restated
from matchers.hits.sqlite import SqliteHitStore
from matchers.match import findings
from tests.pictures_seen import DIGEST_KEY, NOON, picture_seen

_BEFORE: Final = """
CREATE TABLE hits (hit TEXT PRIMARY KEY, first_seen INTEGER NOT NULL, record BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX hits_by_first_seen ON hits (first_seen, hit);
CREATE TABLE evidence (
    evidence TEXT PRIMARY KEY, hit TEXT NOT NULL REFERENCES hits, record BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_by_hit ON evidence (hit);
CREATE TABLE sightings (
    sighting TEXT PRIMARY KEY, hit TEXT NOT NULL REFERENCES hits, at INTEGER NOT NULL, record BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_by_hit ON sightings (hit, at);
CREATE TABLE coverage (figure TEXT PRIMARY KEY, day TEXT NOT NULL, record BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX coverage_by_day ON coverage (day, figure);
PRAGMA user_version = 2;
"""
MATCH = Match(algorithm="md5", distance=0, list="a list", list_id="1")


def test_a_file_of_the_format_before_is_taken_over_with_all_its_hits(tmp_path: Path) -> None:
    path = tmp_path / "hits.sqlite"
    stored = findings(picture_seen("a"), [MATCH], 7, DIGEST_KEY)
    evidence = msgspec.to_builtins(stored.evidence[0])
    del evidence["withdrawn"]
    for later in ("prepared", "meaning", "list_version", "disputed", "held_apart"):
        del evidence["match"][later]
    before = sqlite3.connect(path, isolation_level=None)
    before.executescript(_BEFORE)
    noon = int(NOON.timestamp() * 1000)
    before.execute("INSERT INTO hits VALUES (?, ?, ?)", (stored.hit.id, noon, msgspec.json.encode(stored.hit)))
    before.execute(
        "INSERT INTO evidence VALUES (?, ?, ?)",
        (stored.evidence[0].id, stored.hit.id, json.dumps(evidence).encode()),
    )
    before.execute(
        "INSERT INTO sightings VALUES (?, ?, ?, ?)",
        (stored.sighting.id, stored.hit.id, noon, msgspec.json.encode(stored.sighting)),
    )
    before.close()
    for _ in range(2):
        store = SqliteHitStore(path)
        (read,) = store.hits()
        assert (read.hit, read.evidence, read.sightings, read.standing) == (stored.hit, stored.evidence, 1, "open")
        store.close()
    store = SqliteHitStore(path)
    change = Restated(
        list="a list", list_id="1", algorithm="md5", withdrawn="retracted", flooding=False, at=NOON, version=8
    )
    assert store.restate([change]) == 1
    store.close()


def test_a_file_of_a_later_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "hits.sqlite"
    SqliteHitStore(path).close()
    later = sqlite3.connect(path, isolation_level=None)
    later.execute("PRAGMA user_version = 4")
    later.close()
    with pytest.raises(StoreRefusedError, match="format 4; this version reads 3"):
        SqliteHitStore(path)


def test_ten_thousand_entries_are_restated_in_a_moment(tmp_path: Path) -> None:
    store = SqliteHitStore(tmp_path / "hits.sqlite")
    store.store(
        [
            findings(picture_seen(str(number)), [msgspec.structs.replace(MATCH, list_id=str(number))], 7, DIGEST_KEY)
            for number in range(20_000)
        ]
    )
    changes = [
        Restated(
            list="a list",
            list_id=str(number),
            algorithm="md5",
            withdrawn="disabled",
            flooding=False,
            at=NOON + timedelta(minutes=1),
            version=8,
        )
        for number in range(10_000)
    ]
    began = time.monotonic()
    assert store.restate(changes) == 10_000
    # A tenth of a second on an idle machine; a scan for each entry would take minutes.
    assert time.monotonic() - began < 10
    store.close()
