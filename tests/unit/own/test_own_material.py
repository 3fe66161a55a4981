"""A hotline's own material: hashed where it lies, nothing of it kept but hashes, taken up again where it broke off."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from crawler.hashing import HashingPool, HashingTable, Limits, hash_picture
from matchers.contract.records import KnownEntry
from matchers.known.rows import LeftOut
from tests.photographs import encoded, photographs
from zoeklicht.own import FolderError, Journal, files_in, hash_files, rows_of

KEY = bytes(range(32))
LIMITS = Limits(max_pixels=50_000_000, dihedral=True)


@pytest.fixture(scope="module")
def pool() -> Iterator[HashingPool]:
    opened = HashingPool(HashingTable(workers=1))
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "confirmed"
    (made / "case 1").mkdir(parents=True)
    for path in (made, made / "case 1"):
        path.chmod(0o700)
    for number, photograph in enumerate(photographs()[:2]):
        with Image.open(photograph) as opened:
            small = opened.convert("RGB").resize((320, 240))
        (made / "case 1" / f"{number}.jpg").write_bytes(encoded(small, "JPEG", quality=90))
    (made / "blank.png").write_bytes(encoded(Image.new("RGB", (300, 300), "white"), "PNG"))
    (made / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + b"film" * 1000)
    return made


def test_every_file_is_hashed_with_every_algorithm_under_one_list_id(folder: Path, pool: HashingPool) -> None:
    picture = folder / "case 1" / "0.jpg"
    found = {file.relative: hashes for file, hashes in hash_files(files_in(folder), pool)}
    assert set(found) == {"blank.png", "case 1/0.jpg", "case 1/1.jpg", "film.mp4"}

    hashes = found["case 1/0.jpg"]
    assert hashes is not None
    rows = list(rows_of(hashes, list_name="own", digest_key=KEY, category="A"))
    entries = [row for row in rows if isinstance(row, KnownEntry)]
    assert [entry.algorithm for entry in entries] == ["md5", "sha1", "sha256", "pdq", "phash", "dhash"]
    assert len({entry.list_id for entry in entries}) == 1
    expected = hash_picture(picture.read_bytes(), LIMITS)
    assert expected.looks is not None
    assert [entry.value for entry in entries[2:4]] == [expected.digests.sha256, expected.looks.pdq]


def test_a_blank_picture_and_a_film_bring_their_digests_and_say_why_no_more(folder: Path, pool: HashingPool) -> None:
    found = {file.relative: hashes for file, hashes in hash_files(files_in(folder), pool)}
    for name, reason in (("blank.png", "quality below 50"), ("film.mp4", "no picture that can be decoded")):
        hashes = found[name]
        assert hashes is not None
        rows = list(rows_of(hashes, list_name="own", digest_key=KEY, category=None))
        assert [row.algorithm for row in rows if isinstance(row, KnownEntry)] == ["md5", "sha1", "sha256"]
        assert [reason in row.reason for row in rows if isinstance(row, LeftOut)] == [True]


def test_what_was_hashed_before_an_interruption_is_taken_from_the_journal(
    folder: Path, pool: HashingPool, tmp_path: Path
) -> None:
    path = tmp_path / "state" / "journal"
    files = list(files_in(folder))
    with Journal(path, KEY) as journal:
        for file, hashes in hash_files(files[:3], pool):
            assert hashes is not None
            journal.keep(file, hashes)
    with path.open("ab") as torn:
        torn.write(b"cut off in the mid")
    with Journal(path, KEY) as again:
        assert [again.hashes_of(file) is not None for file in files] == [True, True, True, False]
        (_, last) = next(hash_files(files[3:], pool))
        assert last is not None
        again.keep(files[3], last)
    with Journal(path, KEY) as done:
        assert len(done) == 4
        done.remove()
    assert not path.exists()


def test_a_file_that_changed_since_is_hashed_again(folder: Path, pool: HashingPool, tmp_path: Path) -> None:
    (file, *_) = files_in(folder)
    with Journal(tmp_path / "journal", KEY) as journal:
        for found, hashes in hash_files([file], pool):
            assert hashes is not None
            journal.keep(found, hashes)
        file.path.write_bytes(b"something else")
        (changed, *_) = files_in(folder)
        assert journal.hashes_of(changed) is None


def test_a_journal_shows_neither_names_nor_hashes_and_opens_with_its_key_only(
    folder: Path, pool: HashingPool, tmp_path: Path
) -> None:
    path = tmp_path / "journal"
    with Journal(path, KEY) as journal:
        for file, hashes in hash_files(files_in(folder), pool):
            assert hashes is not None
            journal.keep(file, hashes)
            written = path.read_bytes()
            assert hashes.digests.sha256.encode() not in written
            assert file.path.name.encode() not in written
    assert path.stat().st_mode & 0o077 == 0
    with Journal(path, bytes(32)) as other:
        assert len(other) == 0


def test_a_folder_that_everybody_may_enter_is_refused(folder: Path) -> None:
    folder.chmod(0o755)
    with pytest.raises(FolderError, match="chmod o-rwx"):
        list(files_in(folder))


def test_links_are_neither_followed_nor_overlooked(folder: Path, tmp_path: Path) -> None:
    assert {file.relative for file in files_in(folder)} == {"blank.png", "case 1/0.jpg", "case 1/1.jpg", "film.mp4"}
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(b"not here")
    (folder / "case 1" / "link.jpg").symlink_to(outside)
    with pytest.raises(FolderError, match="symbolic link"):
        list(files_in(folder))
