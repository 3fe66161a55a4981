"""Whatever happens in whatever order: in the end the hits are those of matching everything with the final set."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.contract.records import ImageSeen
from matchers.contract.records import Algorithm, KnownEntry
from matchers.known import LoadedKnownSet
from matchers.rematching import Standing
from tests.known_sets import FIRST
from tests.pictures_seen import flipped, hash_of, picture_seen
from tests.unit.matchers.rematching.scene import Scene, answered

STEPS = 25
NAMES = [f"picture {number}" for number in range(4)]
MEANS: list[tuple[Algorithm, int]] = [("sha256", 0), ("md5", 0), ("pdq", 0), ("pdq", 31), ("pdq", 32)]


class CrashError(Exception):
    """What a kill is to the one that is killed."""


class History:
    """Two matchers, of which either may be behind, two lists, and one that matches again and is stopped anywhere."""

    def __init__(self, state: Path, random: Random) -> None:
        self.random = random
        self.scene = Scene(state, hashes_at_once=1, entries_at_once=random.choice([2, 1000]))
        self.standing = Standing(self.scene.known, self.scene.hits)
        self.matchers: list[LoadedKnownSet] = [self.scene.loaded(), self.scene.loaded()]
        self.seen: list[ImageSeen] = []
        self.imported: set[tuple[str, str]] = set()

    def a_picture_is_seen(self) -> None:
        name = self.random.choice(NAMES)
        turned = self.random.random() < 0.5
        views = [hash_of(f"nothing {number}") for number in range(6)] + [hash_of(f"looks of {name}")]
        pdq = hash_of(f"turned {name}") if turned else None
        picture = picture_seen(name, at=str(len(self.seen)), pdq=pdq, turned=views if turned else ())
        self.seen.append(picture)
        self.scene.match(picture, by=self.random.choice(self.matchers))

    def a_matcher_takes_the_present_set(self) -> None:
        self.matchers[self.random.randrange(2)] = self.scene.loaded()

    def an_entry_is_imported(self) -> None:
        name = self.random.choice(NAMES)
        list_name = self.random.choice(["one", "two"])
        algorithm, distance = self.random.choice(MEANS)
        value = flipped(hash_of(f"looks of {name}"), range(distance)) if algorithm == "pdq" else None
        list_id = f"{name} {algorithm} {distance}"
        self.scene.add(
            KnownEntry(algorithm=algorithm, value=value or hash_of(name, algorithm), list=list_name, list_id=list_id)
        )
        self.imported.add((list_name, list_id))

    def an_entry_is_retracted(self) -> None:
        if self.imported:
            list_name, list_id = self.random.choice(sorted(self.imported))
            self.imported.remove((list_name, list_id))
            self.scene.retract(list_name, list_id)

    def a_list_is_switched(self) -> None:
        if self.imported:
            list_name, _ = self.random.choice(sorted(self.imported))
            switch = self.random.choice([self.scene.known.disable, self.scene.known.enable])
            switch(list_name, by=FIRST, reason="a test")

    def an_entry_is_switched(self) -> None:
        if self.imported:
            list_name, list_id = self.random.choice(sorted(self.imported))
            switch = self.random.choice([self.scene.known.disable, self.scene.known.enable])
            switch(list_name, list_id, by=FIRST, reason="a test")

    def an_entry_floods_or_is_released(self) -> None:
        if self.imported:
            list_name, list_id = self.random.choice(sorted(self.imported))
            if self.random.random() < 0.5:
                self.scene.known.release(list_name, list_id, by=FIRST, reason="a test")
            else:
                self.scene.known.mark_flooding(each.number for each in self.scene.known.show(list_name, list_id))

    def much_happens_while_a_picture_is_worked_on(self) -> None:
        """Between any two of the worker's steps."""
        happening = [
            self.an_entry_is_imported,
            self.an_entry_is_retracted,
            self.an_entry_is_switched,
            self.an_entry_floods_or_is_released,
            self.a_list_is_switched,
            self.a_round_is_done,
        ]
        picture = picture_seen(self.random.choice(NAMES), at=str(len(self.seen)))
        moment = self.standing.now()
        self.random.choice(happening)()
        found, version = answered(self.random.choice(self.matchers), [picture])
        self.random.choice(happening)()
        if found:
            self.scene.hits.store(found)
            self.random.choice(happening)()
            self.standing.restate_if_moved(found, moment)
        self.random.choice(happening)()
        self.scene.seen.append([picture], version)
        self.seen.append(picture)

    def it_is_killed_while_matching_again(self) -> None:
        left = self.random.randrange(3)

        def crash(_: object) -> None:
            nonlocal left
            if left == 0:
                raise CrashError
            left -= 1

        with suppress(CrashError):
            self.scene.rematcher.rematch_additions(tell=crash)

    def a_round_is_done(self) -> None:
        self.scene.rematcher.round()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_in_the_end_all_is_as_if_it_had_been_matched_with_the_final_set(seed: int) -> None:
    random = Random(seed)
    state = Path(tempfile.mkdtemp())
    history = History(state, random)
    happening = [
        *[history.a_picture_is_seen] * 4,
        *[history.an_entry_is_imported] * 3,
        history.a_matcher_takes_the_present_set,
        *[history.much_happens_while_a_picture_is_worked_on] * 2,
        history.an_entry_is_retracted,
        history.an_entry_is_switched,
        history.an_entry_floods_or_is_released,
        history.a_list_is_switched,
        history.it_is_killed_while_matching_again,
        history.a_round_is_done,
    ]
    for _ in range(STEPS):
        random.choice(happening)()
    scene = history.scene
    scene.rematcher.round()
    behind = scene.seen.counts(scene.known.version).behind
    final, _ = answered(scene.loaded(), history.seen)
    told, standings = scene.told(), scene.standings()
    scene.close()
    shutil.rmtree(state)
    assert behind == 0
    assert {key: match for key, (match, withdrawn) in told.items() if not withdrawn} == {
        (each.hit.id, one.match.algorithm, one.match.list, one.match.list_id): one.match
        for each in final
        for one in each.evidence
    }
    assert {hit for hit, standing in standings.items() if standing == "open"} == {
        each.hit.id for each in final if any(one.match.held_apart is None for one in each.evidence)
    }
