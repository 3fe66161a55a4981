import secrets
import stat
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.contract.records import ImageSeen, Looks, Prepared
from matchers.contract.errors import StoreRefusedError
from matchers.seen import Block, SeenPicture, SeenStore, Stretch, View, remembered
from matchers.veil import Veil
from tests.pictures_seen import DIGEST_KEY, hash_of, picture_seen
from tests.ports.child import Child

VEIL_KEY = bytes(range(32, 64))
VEIL = Veil(VEIL_KEY)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()
DAY = 86_400.0
ALL = ("md5", "sha1", "sha256", "phash", "dhash", "upright", "turned")


class Clock:
    now = NOON

    def __call__(self) -> float:
        return self.now


Opener = Callable[..., SeenStore]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opener(tmp_path: Path, clock: Clock) -> Iterator[Opener]:
    opened = []

    def make(*, veil: Veil = VEIL, days: int = 30) -> SeenStore:
        opened.append(SeenStore(tmp_path / "seen", clock, veil, digest_key=DIGEST_KEY, days=days))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def blocks_of(store: SeenStore) -> list[Block]:
    return [block for day in store.days() for block in store.blocks(day)]


def everything(store: SeenStore) -> tuple[list[SeenPicture], list[Stretch]]:
    blocks = blocks_of(store)
    pictures = [picture for _, some in store.pictures(blocks) for picture in some]
    return pictures, [stretch for _, stretch in store.stretches(blocks, ALL, 1000)]


def veiled(*texts: str) -> bytes:
    return VEIL.near("pdq", np.frombuffer(bytes.fromhex("".join(texts)), np.uint8).reshape(-1, 32)).tobytes()


def with_looks(name: str, turned: int, prepared: Sequence[tuple[str, int]]) -> ImageSeen:
    """A picture with so many turned views, and so many of each preparation."""
    seen = picture_seen(name, turned=[hash_of(f"{name} turned {turn}") for turn in range(turned)])
    assert seen.looks
    made = tuple(
        msgspec.convert(
            {
                "how": how,
                "pdq": hash_of(f"{name} {how}"),
                "pdq_quality": 7 + number,
                "pdq_dihedral": [hash_of(f"{name} {how} {turn}") for turn in range(number)],
            },
            Prepared,
        )
        for how, number in prepared
    )
    return msgspec.structs.replace(seen, looks=msgspec.structs.replace(seen.looks, prepared=made))


def views_of(looks: Looks) -> tuple[dict[View, str], dict[View, str]]:
    """Upright ones, and turned ones: what the stretch must tell of the picture."""
    names = "rotated_90 rotated_180 rotated_270 flipped_vertical flipped_horizontal transposed anti_transposed".split()
    upright = {View(None, None): looks.pdq} | {View(each.how, None): each.pdq for each in looks.prepared}
    turned = {View(None, turn): value for turn, value in zip(names, looks.pdq_dihedral, strict=False)}
    for each in looks.prepared:
        turned |= {View(each.how, turn): value for turn, value in zip(names, each.pdq_dihedral, strict=False)}
    return upright, turned


@settings(max_examples=40)
@given(
    batches=st.lists(
        st.lists(
            st.one_of(
                st.none(),
                st.tuples(
                    st.sampled_from([0, 7]),
                    st.lists(
                        st.tuples(st.sampled_from(["reduced_512", "squeezed_512"]), st.sampled_from([0, 7])),
                        max_size=2,
                        unique_by=lambda each: each[0],
                    ),
                ),
            ),
            max_size=4,
        ),
        max_size=4,
    )
)
def test_what_was_kept_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    batches: list[list[tuple[int, list[tuple[str, int]]] | None]],
) -> None:
    store = SeenStore(tmp_path_factory.mktemp("seen"), lambda: NOON, VEIL, digest_key=DIGEST_KEY, days=30)
    kept = []
    for number, batch in enumerate(batches):
        seen = [
            with_looks(f"{number} {place}", *shape) if shape else picture_seen(f"{number} {place}", decoded=False)
            for place, shape in enumerate(batch)
        ]
        store.append(seen, number)
        kept += seen
    pictures, stretches = everything(store)
    store.close()
    assert pictures == [remembered(each, DIGEST_KEY) for each in kept]
    if not kept:
        assert stretches == []
        return
    (stretch,) = stretches
    looks = [each.looks for each in kept]
    assert stretch.pictures == len(kept)
    assert stretch.decoded.tolist() == [each is not None for each in looks]
    for algorithm in ("md5", "sha1", "sha256"):
        values = [bytes.fromhex(getattr(each.digests, algorithm)) for each in kept]
        assert stretch.digests[algorithm].tobytes() == VEIL.digests(algorithm, values).tobytes()
    for which, views in enumerate((stretch.upright, stretch.turned)):
        found = list(zip(views.rows.tolist(), map(View.of, views.kinds.tolist()), views.codes, strict=True))
        wanted = [
            (row, view, value)
            for row, each in enumerate(looks)
            if each
            for view, value in views_of(each)[which].items()
        ]
        assert [(row, view, code.tobytes()) for row, view, code in found] == [
            (row, view, veiled(value)) for row, view, value in wanted
        ]


def test_a_block_bears_the_version_it_was_matched_with_until_it_is_moved_on(opener: Opener) -> None:
    store = opener()
    for version in (3, 5, 4):
        store.append([picture_seen(str(version))], version)
    (day,) = store.days()
    assert store.versions(behind=5) == [3, 4]
    behind = store.blocks(day, versions=range(5))
    assert [block.version for block in behind] == [3, 4]
    store.mark(behind[:1], 5)
    assert [block.version for block in store.blocks(day, versions=range(5))] == [4]
    assert (store.counts(5).pictures, store.counts(5).behind) == (3, 1)


def test_a_block_never_goes_back(opener: Opener) -> None:
    store = opener()
    store.append([picture_seen("a")], 7)
    store.mark(blocks_of(store), 5)
    assert [block.version for block in blocks_of(store)] == [7]


def test_whole_days_are_forgotten_when_their_time_is_over(opener: Opener, clock: Clock, tmp_path: Path) -> None:
    store = opener(days=2)
    for _ in range(5):
        store.append([picture_seen("a")], 1)
        clock.now += DAY
    clock.now -= DAY
    reader = opener()  # a process that still has the oldest day open
    oldest = store.days()[0]
    stretches = reader.stretches(reader.blocks(oldest), ALL, 10)
    next(stretches)
    assert list(tmp_path.glob(f"seen/{oldest}.sqlite-wal")) != []
    assert store.expire() == 2
    assert store.days() == ["2026-11-26", "2026-11-27", "2026-11-28"]
    assert list(tmp_path.glob(f"seen/{oldest}*")) == []
    stretches.close()
    assert store.expire() == 0
    assert store.counts(2).oldest == "2026-11-26"


def test_a_day_that_is_forgotten_while_it_is_matched_again_is_left_out(opener: Opener, clock: Clock) -> None:
    store = opener(days=1)
    store.append([picture_seen("old")], 1)
    clock.now += 3 * DAY
    store.append([picture_seen("new")], 1)
    blocks = blocks_of(store)
    store.expire()
    store.mark(blocks, 2)
    assert [stretch.pictures for _, stretch in store.stretches(blocks, ALL, 10)] == [1]
    assert [block.day for block, _ in store.pictures(blocks)] == ["2026-11-27"]


def test_blocks_are_told_by_when_their_pictures_were_fetched(opener: Opener) -> None:
    store = opener()
    store.append([picture_seen("a"), picture_seen("b", minute=60 * 24)], 1)
    store.append([picture_seen("c")], 1)
    (day,) = store.days()
    assert [block.number for block in store.blocks(day, since=date(2026, 3, 1))] == [1, 2]
    assert [block.number for block in store.blocks(day, since=date(2026, 3, 2))] == [1]


def test_a_stretch_is_about_as_long_as_was_asked_for(opener: Opener) -> None:
    store = opener()
    for number in range(7):
        store.append([picture_seen(f"{number} {each}") for each in range(3)], 1)
    sizes = [stretch.pictures for _, stretch in store.stretches(blocks_of(store), ["upright"], 7)]
    assert sizes == [6, 6, 6, 3]


def test_only_what_was_asked_for_is_read(opener: Opener) -> None:
    store = opener()
    store.append([with_looks("a", 7, [])], 1)
    ((_, stretch),) = store.stretches(blocks_of(store), ["upright"], 10)
    assert (len(stretch.upright.codes), len(stretch.turned.codes), len(stretch.digests["md5"])) == (1, 0, 0)


def test_another_key_is_noticed(opener: Opener) -> None:
    opener().append([picture_seen("a")], 1)
    with pytest.raises(StoreRefusedError, match="veiled with another key"):
        opener(veil=Veil(bytes(32))).append([picture_seen("b")], 1)


def test_a_damaged_day_is_refused_by_name(opener: Opener, tmp_path: Path) -> None:
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen" / "2026-11-24.sqlite").write_bytes(b"not a database at all, really" * 500)
    with pytest.raises(StoreRefusedError, match=r"2026-11-24\.sqlite"):
        opener().append([picture_seen("a")], 1)


def test_only_its_owner_can_read_what_was_seen(opener: Opener, tmp_path: Path) -> None:
    opener().append([picture_seen("a")], 1)
    files = list((tmp_path / "seen").iterdir())
    assert files != []
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "seen").stat().st_mode) == 0o700


def test_no_hash_lies_in_clear_in_the_files(opener: Opener, tmp_path: Path) -> None:
    store = opener()
    seen = [with_looks(secrets.token_hex(8), 7, [("reduced_512", 7)]) for _ in range(20)]
    store.append(seen, 1)
    written = b"".join(path.read_bytes() for path in (tmp_path / "seen").iterdir())
    # What is packed is looked through unpacked, too: compressing must not be what hides it.
    written += msgspec.json.encode([some for _, some in store.pictures(blocks_of(store))])
    assert seen[0].origin.host.encode() in written
    for each in seen:
        assert each.looks
        upright, turned = views_of(each.looks)
        values = [each.digests.md5, each.digests.sha1, each.digests.sha256, *upright.values(), *turned.values()]
        assert not any(value.encode() in written or bytes.fromhex(value) in written for value in values)


_APPENDER = """
import sys, time
from pathlib import Path
from matchers.seen import SeenStore
from matchers.veil import Veil
from tests.pictures_seen import DIGEST_KEY, picture_seen
store = SeenStore(Path(sys.argv[1]), time.time, Veil(bytes(range(32, 64))), digest_key=DIGEST_KEY, days=30)
for number in range(int(sys.argv[3])):
    store.append([picture_seen(f"{sys.argv[2]} {number} {each}") for each in range(5)], 1)
    print(number, flush=True)
"""


def test_several_processes_keep_at_once_and_one_that_is_killed_loses_nothing_it_had_kept(tmp_path: Path) -> None:
    folder = tmp_path / "seen"
    steady = Child(["-c", _APPENDER, str(folder), "steady", "40"])
    killed = Child(["-c", _APPENDER, str(folder), "killed", "1000000"])
    while int(told := killed.line()) < 20:
        pass
    killed.kill()
    told = [told, *killed.rest()][-1]
    assert len(steady.rest()) == 40
    steady.kill()
    store = SeenStore(folder, lambda: NOON, VEIL, digest_key=DIGEST_KEY, days=30)
    blocks = blocks_of(store)
    pictures = [picture.item_digest for _, some in store.pictures(blocks) for picture in some]
    store.close()
    assert {block.pictures for block in blocks} == {5}
    kept = {f"killed {number} {each}" for number in range(int(told) + 1) for each in range(5)}
    kept |= {f"steady {number} {each}" for number in range(40) for each in range(5)}
    assert {picture_seen(name).item_digest for name in kept} <= set(pictures)
    assert len(pictures) == 5 * len(blocks)
