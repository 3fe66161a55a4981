"""Whatever happens in whatever order: in the end the hits are those of matching everything with the final set."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from crawler.contract.records import ImageSeen
from matchers.contract.records import Algorithm, KnownEntry
from matchers.known import LoadedKnownSet
from tests.known_sets import FIRST
from tests.pictures_seen import flipped, hash_of, picture_seen
from tests.unit.matchers.rematching.scene import Scene, answered

NAMES = [f"picture {number}" for number in range(6)]
MEANS: list[tuple[Algorithm, int]] = [("sha256", 0), ("md5", 0), ("pdq", 0), ("pdq", 31), ("pdq", 32)]


class CrashError(Exception):
    """What a kill is to the one that is killed."""


class Histories(RuleBasedStateMachine):
    """Two matchers, of which either may be behind, two lists, and one that matches again and is stopped anywhere."""

    @initialize()
    def begin(self) -> None:
        self.state = Path(tempfile.mkdtemp())
        self.scene = Scene(self.state, hashes_at_once=1)
        self.matchers: list[LoadedKnownSet] = [self.scene.loaded(), self.scene.loaded()]
        self.seen: list[ImageSeen] = []
        self.imported: set[tuple[str, str]] = set()

    @rule(name=st.sampled_from(NAMES), which=st.sampled_from([0, 1]), turned=st.booleans())
    def a_picture_is_seen(self, name: str, which: int, turned: bool) -> None:
        views = [hash_of(f"nothing {number}") for number in range(6)] + [hash_of(f"looks of {name}")]
        pdq = hash_of(f"turned {name}") if turned else None
        picture = picture_seen(name, at=str(len(self.seen)), pdq=pdq, turned=views if turned else ())
        self.seen.append(picture)
        self.scene.match(picture, by=self.matchers[which])

    @rule(which=st.sampled_from([0, 1]))
    def a_matcher_takes_the_present_set(self, which: int) -> None:
        self.matchers[which] = self.scene.loaded()

    @rule(name=st.sampled_from(NAMES), by=st.sampled_from(MEANS), list_name=st.sampled_from(["one", "two"]))
    def an_entry_is_imported(self, name: str, by: tuple[Algorithm, int], list_name: str) -> None:
        algorithm, distance = by
        value = flipped(hash_of(f"looks of {name}"), range(distance)) if algorithm == "pdq" else None
        list_id = f"{name} {algorithm} {distance}"
        self.scene.add(
            KnownEntry(algorithm=algorithm, value=value or hash_of(name, algorithm), list=list_name, list_id=list_id)
        )
        self.imported.add((list_name, list_id))

    @rule(data=st.data())
    def an_entry_is_retracted(self, data: st.DataObject) -> None:
        if self.imported:
            list_name, list_id = data.draw(st.sampled_from(sorted(self.imported)))
            self.imported.remove((list_name, list_id))
            self.scene.retract(list_name, list_id)

    @rule(list_name=st.sampled_from(["one", "two"]), off=st.booleans())
    def a_list_is_switched(self, list_name: str, off: bool) -> None:
        if any(name == list_name for name, _ in self.imported):
            switch = self.scene.known.disable if off else self.scene.known.enable
            switch(list_name, by=FIRST, reason="a test")

    @rule(stretches=st.integers(0, 3))
    def it_is_killed_while_matching_again(self, stretches: int) -> None:
        left = stretches

        def crash(_: object) -> None:
            nonlocal left
            if left == 0:
                raise CrashError
            left -= 1

        with suppress(CrashError):
            self.scene.rematcher.rematch_additions(tell=crash)

    @rule()
    def a_round_is_done(self) -> None:
        self.scene.rematcher.round()

    def teardown(self) -> None:
        if not hasattr(self, "scene"):
            return
        self.scene.rematcher.round()
        assert self.scene.seen.counts(self.scene.known.version).behind == 0
        final, _ = answered(self.scene.loaded(), self.seen)
        told = self.scene.told()
        standings = self.scene.standings()
        self.scene.close()
        shutil.rmtree(self.state)
        counting = {key: match for key, (match, withdrawn) in told.items() if not withdrawn}
        assert counting == {
            (each.hit.id, one.match.algorithm, one.match.list, one.match.list_id): one.match
            for each in final
            for one in each.evidence
        }
        assert {hit for hit, standing in standings.items() if standing == "open"} == {each.hit.id for each in final}


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
