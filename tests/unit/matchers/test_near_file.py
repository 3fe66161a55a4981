import logging
import os
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from matchers.contract.errors import StoreRefusedError
from matchers.known.near import build_near_index, choosing, open_near_index, verify_near_index
from matchers.known.near.file import HEADER_BYTES, read_header
from tests.unit.matchers.near_codes import ORDER, brute_force, clustered_codes, random_codes, told

RANDOM = np.random.default_rng(11)
KNOWN = clustered_codes(RANDOM, 400, 0.03)
ASKED = np.concatenate([KNOWN[:10], clustered_codes(RANDOM, 10, 0.03), random_codes(RANDOM, 10)])
NUMBERS = np.arange(len(KNOWN)) * 3 + 1

both = pytest.mark.parametrize("native", [True, False])


def saved(path: Path, entries: int = len(KNOWN), *, native: bool = True) -> bytes:
    with build_near_index(KNOWN[:entries], NUMBERS[:entries], distance=31, order=ORDER, native=native) as index:
        index.save(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A folder, and the bytes of a sound file."""
    folder = tmp_path_factory.mktemp("near")
    return folder, saved(folder / "sound.near")


@pytest.mark.parametrize("entries", [0, 1, 255, 256, 400])
def test_both_write_the_same_bytes(tmp_path: Path, entries: int) -> None:
    native = saved(tmp_path / "a.near", entries, native=True)
    assert native == saved(tmp_path / "b.near", entries, native=False)
    assert len(native) == read_header(tmp_path / "a.near", ORDER).file_bytes


@pytest.mark.parametrize("entries", [0, 1, 255, 256, 400])
@pytest.mark.parametrize("opened_by", [True, False])
@pytest.mark.parametrize("written_by", [True, False])
def test_what_one_wrote_the_other_reads(tmp_path: Path, written_by: bool, opened_by: bool, entries: int) -> None:
    path = tmp_path / "x.near"
    saved(path, entries, native=written_by)
    verify_near_index(path, order=ORDER)
    with open_near_index(path, order=ORDER, native=opened_by) as index:
        expected = [(row, apart, 3 * entry + 1) for row, apart, entry in brute_force(KNOWN[:entries], ASKED, 31)]
        assert told(index.find(ASKED)) == expected
        assert told(index.join(ASKED)) == expected
        assert (len(index), index.distance, index.order) == (entries, 31, ORDER)


@both
def test_an_opened_index_can_be_saved_again_even_over_itself(tmp_path: Path, native: bool) -> None:
    path = tmp_path / "x.near"
    before = saved(path)
    with open_near_index(path, order=ORDER, native=native) as index:
        index.save(path)
        assert path.read_bytes() == before
        assert told(index.find(KNOWN[:1], distance=0))[0] == (0, 0, 1)


@both
def test_a_file_is_its_owners_alone_and_nothing_else_is_left(tmp_path: Path, native: bool) -> None:
    path = tmp_path / "x.near"
    before = os.umask(0)
    try:
        saved(path, native=native)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@both
def test_a_save_that_fails_leaves_what_was_there(tmp_path: Path, native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.near"
    before = saved(path, 256)

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    with build_near_index(KNOWN, NUMBERS, order=ORDER, native=native) as index:
        monkeypatch.setattr(os, "fsync", full_disk)
        with pytest.raises(OSError, match="No space"):
            index.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@both
@pytest.mark.parametrize(
    ("change", "told_why"),
    [
        (lambda _: b"", "only its beginning"),
        (lambda raw: raw[:511], "only its beginning"),
        (lambda raw: b"\x89PNG\r\n\x1a\n" + raw[8:], "something else"),
        (lambda raw: raw[:8] + b"\x02" + raw[9:], "format 2"),
        (lambda raw: raw[:-1], "bytes instead of"),
        (lambda raw: raw + b"\0", "bytes instead of"),
        (lambda raw: raw[:48] + b"\x07" + raw[49:], "header is damaged"),
        (lambda raw: raw[:300] + b"\x07" + raw[301:], "header is damaged"),
        (lambda raw: resealed(raw, 16, b"phash"), "other hashes"),
        (lambda raw: resealed(raw, 12, b"\x20"), "contradicts itself"),
        (lambda raw: resealed(raw, 48, b"\xff" * 8), "contradicts itself"),
        (lambda raw: resealed(raw, 48, b"\xff" * 4), "contradicts itself"),
        (lambda raw: resealed(raw, 48, b"\0" * 8), "contradicts itself"),
        (lambda raw: resealed(raw, 56, b"\0" * 4), "contradicts itself"),
        (lambda raw: resealed(raw, 64, b"\x40"), "contradicts itself"),
    ],
)
def test_a_foreign_a_cut_and_a_contradictory_file_are_refused_with_a_remedy(
    whole: tuple[Path, bytes], native: bool, change: Callable[[bytes], bytes], told_why: str
) -> None:
    path = whole[0] / "changed.near"
    path.write_bytes(change(whole[1]))
    with pytest.raises(StoreRefusedError, match=told_why) as refusal:
        open_near_index(path, order=ORDER, native=native)
    assert "let it be built anew" in str(refusal.value)
    with pytest.raises(StoreRefusedError, match=told_why):
        verify_near_index(path, order=ORDER)


def resealed(raw: bytes, at: int, change: bytes) -> bytes:
    """With these bytes in the header, and its checksum as it should be: what a clumsy or hostile writer makes."""
    header = raw[:at] + change + raw[at + len(change) : HEADER_BYTES - 4]
    return header + zlib.crc32(header).to_bytes(4, "little") + raw[HEADER_BYTES:]


@both
def test_a_file_of_another_order_names_the_key_and_neither_fingerprint(whole: tuple[Path, bytes], native: bool) -> None:
    with pytest.raises(StoreRefusedError, match="another veil key") as refusal:
        open_near_index(whole[0] / "sound.near", order=bytes(16), native=native)
    assert ORDER.hex() not in str(refusal.value)
    assert "order of" not in str(refusal.value)


@both
def test_a_missing_file_is_refused(tmp_path: Path, native: bool) -> None:
    with pytest.raises(StoreRefusedError, match="cannot be read"):
        open_near_index(tmp_path / "none.near", order=ORDER, native=native)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), native=st.booleans())
def test_flipped_bits_are_found_by_verifying_and_never_crash_a_look_up(
    whole: tuple[Path, bytes], data: st.DataObject, native: bool
) -> None:
    path = whole[0] / f"flipped-{native}.near"
    sections = read_header(whole[0] / "sound.near", ORDER).sections
    raw = bytearray(whole[1])
    for _ in range(data.draw(st.integers(1, 3))):
        begin, end = data.draw(st.sampled_from([(0, HEADER_BYTES), *((each.offset, each.end) for each in sections)]))
        raw[data.draw(st.integers(begin, end - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(raw)
    if raw == whole[1]:
        return
    with pytest.raises(StoreRefusedError):
        verify_near_index(path, order=ORDER)
    ask_all(path, native=native)


@both
@pytest.mark.parametrize("which", range(3))
def test_tables_full_of_nonsense_are_refused_or_answered_but_never_crash(
    whole: tuple[Path, bytes], native: bool, which: int
) -> None:
    section = read_header(whole[0] / "sound.near", ORDER).sections[which]
    path = whole[0] / f"nonsense-{native}.near"
    for filling in (b"\xff" * section.length, bytes(section.length), RANDOM.bytes(section.length)):
        path.write_bytes(whole[1][: section.offset] + filling + whole[1][section.offset + section.length :])
        ask_all(path, native=native)


@both
def test_places_beyond_the_entries_are_told_by_the_look_up_that_meets_them(
    whole: tuple[Path, bytes], native: bool
) -> None:
    places = read_header(whole[0] / "sound.near", ORDER).sections[2]
    path = whole[0] / f"beyond-{native}.near"
    path.write_bytes(whole[1][: places.offset] + b"\xff" * places.length + whole[1][places.offset + places.length :])
    with open_near_index(path, order=ORDER, native=native) as index:
        for ask in (index.find, index.join):
            with pytest.raises(StoreRefusedError, match="points beyond its entries"):
                ask(KNOWN[:1])


@settings(max_examples=30, deadline=None)
@given(keep=st.floats(0, 1, exclude_max=True), native=st.booleans())
def test_a_truncated_file_is_refused(whole: tuple[Path, bytes], keep: float, native: bool) -> None:
    path = whole[0] / f"cut-{native}.near"
    path.write_bytes(whole[1][: int(keep * len(whole[1]))])
    with pytest.raises(StoreRefusedError):
        open_near_index(path, order=ORDER, native=native)


def ask_all(path: Path, *, native: bool) -> None:
    """Every way; whatever the answer, or `StoreRefusedError`, and no other error."""
    try:
        with open_near_index(path, order=ORDER, native=native) as index:
            for ask in (index.find, index.join):
                for distance in (31, 15):
                    rows, numbers, distances = ask(ASKED, distance=distance)
                    assert len(rows) == len(numbers) == len(distances)
    except StoreRefusedError:
        pass


def test_without_the_crate_numpy_answers_with_one_warning_and_a_metric(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "zoeklicht_native", None)
    choosing._native_chosen.cache_clear()
    try:
        with caplog.at_level(logging.WARNING):
            for _ in range(2):
                with build_near_index(KNOWN, NUMBERS, order=ORDER) as index:
                    assert type(index).__name__ == "TwinIndex"
        assert [record.getMessage().split(":")[0] for record in caplog.records] == ["zoeklicht_native is not installed"]
        assert REGISTRY.get_sample_value("zoeklicht_native_core") == 0
    finally:
        monkeypatch.undo()
        choosing._native_chosen.cache_clear()
    with build_near_index(KNOWN, NUMBERS, order=ORDER) as index:
        assert type(index).__name__ == "NativeIndex"
    assert REGISTRY.get_sample_value("zoeklicht_native_core") == 1
