"""What comes out of archives, file by file; passwords; and that nothing in one trips the reading of it."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.contract.reasons import Reason
from crawler.unpacking import ArchiveError, LimitError, Meter, UnpackLimits, is_available, kind_of, unpack
from crawler.unpacking.names import MOST_CHARACTERS, printable
from tests.hostile_archives import PASSWORD, locked_seven_zip, photos, tarred_plain
from tests.rar_archives import rar3, rar5
from zoeklicht.practice.packing import locked_zip, seven_zipped, tarred, zipped

RAR = Path(__file__).parent / "rar"
FILES = {"a/b.txt": b"one" * 1000, "ü.txt": b"two", "empty.txt": b""}


class Shown:
    """A visitor that keeps what it is shown."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: list[Reason] = []
        self._name = ""

    def begin(self, name: str) -> None:
        self._name = name
        self.files[name] = b""

    def block(self, data: bytes) -> bool:
        self.files[self._name] += data
        return True

    def end(self, fault: Reason | None) -> None:
        if fault is not None:
            self.faults.append(fault)


def shown(data: bytes, *passwords: str) -> Shown:
    visitor = Shown()
    kind = kind_of(data)
    assert kind is not None
    unpack(data, kind, visitor, passwords=passwords)
    return visitor


def reason_of(data: bytes, *passwords: str) -> Reason:
    with pytest.raises(ArchiveError) as caught:
        shown(data, *passwords)
    return caught.value.reason


def test_this_machine_has_a_libarchive_that_reads_every_kind() -> None:
    assert is_available()


@pytest.mark.parametrize("pack", [zipped, tarred, tarred_plain, seven_zipped, rar5])
def test_what_was_packed_is_unpacked(pack: object) -> None:
    assert callable(pack)
    files = {name: data for name, data in FILES.items() if data or pack is not seven_zipped}
    assert shown(pack(files)).files == files


def test_so_it_is_out_of_a_rar_of_the_third_generation() -> None:
    assert shown(rar3(photos(2))).files == photos(2)


@pytest.mark.parametrize("name", ["rar5-psw", "rar5-hpsw"])
def test_a_rar_that_winrar_locked_is_opened_with_its_password(name: str) -> None:
    data = (RAR / f"{name}.rar").read_bytes()
    files = shown(data, "wrong", "password").files
    assert {path: (len(text), text[:8]) for path, text in files.items()} == {
        "stest1.txt": (2048, b"000\n001\n"),
        "stest2.txt": (2048, b"000\n001\n"),
    }
    assert reason_of(data) is Reason.ARCHIVE_LOCKED
    assert reason_of(data, "wrong", "") is Reason.ARCHIVE_LOCKED


def test_a_solid_rar_of_the_third_generation_gives_its_first_file_and_says_that_the_rest_is_not_read() -> None:
    visitor = Shown()
    data = (RAR / "rar3-solid.rar").read_bytes()
    kind = kind_of(data)
    assert kind is not None
    with pytest.raises(ArchiveError) as caught:
        unpack(data, kind, visitor)
    assert caught.value.reason is Reason.ARCHIVE_UNSUPPORTED
    assert len(visitor.files["stest1.txt"]) == 2048


@pytest.mark.parametrize("password", [PASSWORD, "pässwörd", "пароль", "🔑"])
def test_passwords_fit_however_they_are_spelled(password: str) -> None:
    files = photos(2)
    for pack in (locked_zip, locked_seven_zip, lambda files, password: rar5(files, password=password)):
        assert shown(pack(files, password), "wrong", "also wrong", password).files == files


def test_a_zip_locked_by_an_old_windows_program_is_opened_too() -> None:
    class Old(str):
        __slots__ = ()

        def encode(self, *_: object) -> bytes:
            return super().encode("cp1252")

    assert shown(locked_zip(photos(1), Old("pässwörd")), "pässwörd").files == photos(1)


def test_among_many_wrong_passwords_the_right_one_is_found() -> None:
    # PKWARE's cipher tells a wrong one by a single byte: some of these pass that, and fail at the checksum.
    wrong = [f"wrong {number}" for number in range(600)]
    assert shown(locked_zip(photos(1), PASSWORD), *wrong, PASSWORD).files == photos(1)


def test_files_that_stay_locked_are_told_one_by_one() -> None:
    visitor = shown(locked_zip(photos(3), PASSWORD), "wrong")
    assert visitor.faults == [Reason.ARCHIVE_LOCKED] * 3


def test_what_the_visitor_raises_comes_out_of_every_kind() -> None:
    class Enough(Shown):
        def block(self, data: bytes) -> bool:  # noqa: ARG002
            raise LimitError(Reason.ARCHIVE_TOO_LARGE)

    packed = [pack(photos(2)) for pack in (zipped, tarred, seven_zipped, rar5, rar3)]
    for data in (*packed, locked_seven_zip(photos(2), PASSWORD), rar5(photos(2), password=PASSWORD)):
        kind = kind_of(data)
        assert kind is not None
        with pytest.raises(LimitError):
            unpack(data, kind, Enough(), passwords=[PASSWORD])


TEXTS = {"a.txt": b"one" * 50, "b.txt": bytes(range(256))}
SEEDS = (
    *(pack(TEXTS) for pack in (zipped, tarred_plain, seven_zipped, rar5, rar3)),
    locked_seven_zip(TEXTS, PASSWORD),
    rar5(TEXTS, password=PASSWORD),
    locked_zip(TEXTS, PASSWORD),
    (RAR / "rar5-hpsw.rar").read_bytes(),
)


@given(
    data=st.sampled_from(SEEDS),
    cut=st.floats(0.3, 1),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
)
@settings(max_examples=150, deadline=None)
def test_damaged_archives_are_read_or_refused_with_a_reason(
    data: bytes, cut: float, changes: list[tuple[float, int]]
) -> None:
    damaged = bytearray(data)
    for at, value in changes:
        damaged[int(at * len(damaged))] = value
    damaged = damaged[: int(cut * len(damaged))]
    kind = kind_of(bytes(damaged))
    if kind is None:
        return
    visitor = Shown()
    with contextlib.suppress(ArchiveError):
        unpack(bytes(damaged), kind, visitor, passwords=[PASSWORD, "password"])
    assert sum(map(len, visitor.files.values())) < 100_000


@given(st.one_of(st.binary(max_size=2000), st.text(max_size=2000)))
def test_names_are_printable_valid_and_of_bounded_length(name: bytes | str) -> None:
    text = printable(name)
    assert text.isprintable()
    assert 0 < len(text) <= MOST_CHARACTERS
    text.encode("utf-8")


def test_names_without_a_character_set_are_read_as_zip_has_it() -> None:
    assert printable(b"fa\x87ade.jpg") == "façade.jpg"
    assert printable("façade.jpg".encode()) == "façade.jpg"
    assert printable("x" * 600 + ".jpg").endswith("x.jpg")


LIMITS = UnpackLimits(files=3, total_bytes=10_000, file_bytes=100, ratio=10, depth=1)


def test_the_meter_counts_to_its_limits_and_no_further() -> None:
    meter = Meter(LIMITS, packed=10_000)
    for _ in range(3):
        meter.file()
    meter.unpacked(10_000)
    with pytest.raises(LimitError, match="too_many"):
        meter.file()
    with pytest.raises(LimitError, match="too_large"):
        meter.unpacked(1)
    small = Meter(LIMITS, packed=1)
    small.unpacked(100)
    with pytest.raises(LimitError, match="ratio"):
        small.unpacked(1)
