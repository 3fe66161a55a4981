"""What holds for every importer, whatever the file."""

import io
import json
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, get_args
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.contract.digesting import keyed_digest
from matchers.contract.records import Algorithm
from matchers.known import ImportRefusedError
from matchers.known.importers import ListFormat, read_list
from matchers.known.importers.entries import Entries
from matchers.known.importers.hashes import LENGTHS
from tests.pictures_seen import DIGEST_KEY, hash_of
from tests.unit.matchers.importers.reading_files import FILES, LIST, bad, rows_of, undated

FORMATS: Sequence[ListFormat] = get_args(ListFormat)
SAMPLES = [path.read_bytes() for path in sorted(FILES.iterdir())]


@pytest.mark.parametrize("format_", FORMATS)
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_no_bytes_make_an_importer_fail_otherwise_than_by_refusing(format_: ListFormat, content: bytes) -> None:
    try:
        rows = rows_of(content, format=format_)
    except ImportRefusedError:
        return
    assert all(len(reason) < 150 for _, reason in bad(rows))


@given(st.sampled_from(SAMPLES), st.data())
def test_no_damage_to_a_list_makes_an_importer_fail_otherwise_than_by_refusing(
    content: bytes, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 40))
    other = data.draw(
        st.one_of(
            st.binary(max_size=20), st.sampled_from([b'"', b"}", b"]", b"<", b";", b"\\ud800", b"1e999", b"9" * 5000])
        )
    )
    try:
        rows = rows_of(content[:place] + other + content[place + length :])
    except ImportRefusedError:
        return
    assert all(len(reason) < 150 for _, reason in bad(rows))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([hash_of("a", "md5"), "HASH_MD5"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                "MediaID Category MD5 SHA1 DateUpdated AlternativeHashes HashName HashValue Media PhotoDNA id type "
                "indicator should_delete last_updated signalType hashValue hashStatus lastModtimestamp descriptors "
                "data status".split()
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("format_", "name"), [("vics", "value"), ("threatexchange", "hashRecords"), ("threatexchange", "data")]
)
@given(items=st.lists(JSON, max_size=4))
def test_no_item_makes_a_json_importer_fail_or_repeat_what_it_says(
    format_: ListFormat, name: str, items: list[object]
) -> None:
    rows = rows_of(json.dumps({name: items}).encode(), format=format_)
    assert hash_of("a", "md5") not in "".join(reason for _, reason in bad(rows))


Row = tuple[str, str | None]
"""An entry's name and its MD5, None for an entry that cannot be read."""


def as_csv(rows: Sequence[Row]) -> bytes:
    return "".join(f"md5,{value or 'nothing'},,,{name}\n" for name, value in rows).encode()


def as_vics(rows: Sequence[Row]) -> bytes:
    items = [{"MediaID": name, "MD5": value} if value else {"MediaID": name, "MD5": [1]} for name, value in rows]
    return json.dumps({"odata.metadata": "DataModels/1.3.xml#Media", "value": items}).encode()


def as_icse(rows: Sequence[Row]) -> bytes:
    return ("MD5;SHA1;Image ID\n" + "".join(f"{value or 'nothing'};;{name}\n" for name, value in rows)).encode()


def as_ncmec(rows: Sequence[Row]) -> bytes:
    entries = "".join(
        f'<image><member id="1"/><id>{escape(name)}</id><fingerprints><md5>{value or ""}</md5></fingerprints></image>'
        for name, value in rows
    )
    return f'<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><images>{entries}</images></queryResult>'.encode()


def as_threat_updates(rows: Sequence[Row]) -> bytes:
    items = [{"id": name, "type": "HASH_MD5", "indicator": value or False} for name, value in rows]
    return json.dumps({"data": items}).encode()


WRITERS = [as_csv, as_vics, as_icse, as_ncmec, as_threat_updates]
NAMES = st.text(alphabet="abcXYZ019_éß", min_size=1, max_size=12)


@pytest.mark.parametrize("written", WRITERS)
@given(names=st.lists(NAMES, max_size=8), before=st.lists(NAMES, min_size=1, max_size=8))
def test_one_bad_row_anywhere_costs_only_itself(
    written: Callable[[Sequence[Row]], bytes], names: list[str], before: list[str]
) -> None:
    good = [(name, hash_of(name, "md5")) for name in (*before, *names)]
    rows = rows_of(written([*good[: len(before)], ("bad", None), *good[len(before) :]]))
    assert [(row.list_id.removeprefix("1-"), row.value) for row in undated(rows)] == good
    assert len(bad(rows)) == 1
    assert bad(rows)[0][0] in {len(before) + 1, len(before) + 2}


@given(st.lists(st.sampled_from(get_args(Algorithm)), min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_a_list_that_was_written_is_read_again(kinds: list[Algorithm], chance: object) -> None:
    values = [(kind, hash_of(f"{place} {chance!r}")[: LENGTHS[kind]]) for place, kind in enumerate(kinds)]
    rows = rows_of("".join(f"{kind},{value.ljust(LENGTHS[kind], '7')}\n" for kind, value in values).encode())
    assert [(row.algorithm, row.value) for row in undated(rows)] == values


@given(st.text(max_size=20), st.sampled_from(get_args(Algorithm)))
def test_a_made_name_is_the_keyed_digest_of_list_algorithm_and_hash(name: str, algorithm: Algorithm) -> None:
    entries = Entries(name, DIGEST_KEY)
    for value in (hash_of("a"), hash_of("b")):
        assert entries.made_id(algorithm, value) == keyed_digest(DIGEST_KEY, "list entry", name, algorithm, value)


class Endless(io.RawIOBase):
    """A beginning, then the same over and over, up to `limit` bytes."""

    def __init__(self, begin: bytes, again: bytes, limit: int) -> None:
        super().__init__()
        self._pieces = self._made(begin, again * (1 + 65_536 // len(again)), limit)
        self._left = b""

    @staticmethod
    def _made(begin: bytes, again: bytes, limit: int) -> Iterator[bytes]:
        yield begin
        for _ in range(limit // len(again)):
            yield again

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as io.RawIOBase has it
        data = self._left or next(self._pieces, b"")
        data, self._left = data[: len(buffer)], data[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def peak_of(stream: BinaryIO, format_: ListFormat) -> int:
    """Most bytes held while the list was read."""
    tracemalloc.start()
    try:
        for _ in read_list(stream, list_name=LIST, digest_key=DIGEST_KEY, format=format_):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


VICS_ITEM = b'{"MediaID": 1, "MD5": "' + hash_of("a", "md5").encode() + b'"},'


@pytest.mark.parametrize(
    ("format_", "begin", "again"),
    [
        ("csv", b"md5,", b"0"),
        ("lines", b"", b"0"),
        ("icse", b"MD5;SHA1;Image ID\n", b";"),
        ("vics", b'{"value": [', b"["),
        ("vics", b'{"value": ', b'{"a":'),
        ("vics", b'{"a": "', b"x"),
        ("vics", b'{"value": [{"Tags": [', b'"x",'),
        ("vics", b'{"value": [{', b'"x":1,'),
        ("vics", b'{"value": [{"MediaID":', b"9"),
        ("vics", b"{", b" "),
        ("threatexchange", b'{"data": [', b"["),
        ("threatexchange", b'{"data": [{', b'"x":1,'),
        ("threatexchange", b'{"data": [{"descriptors":{"data":[', b'{"status":"A"},'),
        ("ncmec", b"<queryResult><images>", b"<a>"),
        ("ncmec", b"<queryResult><images><image><id>", b"x"),
        ("ncmec", b"<queryResult ", b"x"),
        ("ncmec", b"<queryResult><images><image><fingerprints>", b"<md5>0</md5>"),
        ("ncmec", b"<queryResult><!--", b"x"),
    ],
)
def test_no_file_however_long_takes_unbounded_memory(format_: ListFormat, begin: bytes, again: bytes) -> None:
    assert peak_of(io.BufferedReader(Endless(begin, again, 3_000_000)), format_) < 50_000_000


@pytest.mark.parametrize(
    ("format_", "begin", "again"),
    [
        ("csv", b"", b"md5," + hash_of("a", "md5").encode() + b"\n"),
        ("vics", b'{"value": [', VICS_ITEM),
        ("ncmec", b"<queryResult><images>", b"<image/>"),
        ("ncmec", b"<queryResult><images>", b"<a/>"),
        ("threatexchange", b'{"data": [', b'{"id":1},'),
    ],
)
def test_a_list_of_ordinary_rows_takes_the_same_memory_however_long_it_is(
    format_: ListFormat, begin: bytes, again: bytes
) -> None:
    peaks = [peak_of(io.BufferedReader(Endless(begin, again, limit)), format_) for limit in (100_000, 400_000)]
    assert peaks[1] < peaks[0] + 100_000


def test_a_page_of_ever_other_names_ends_the_reading() -> None:
    names = "".join(f"<n{number}/>" for number in range(20_000))
    rows = rows_of(f"<queryResult><images>{names}</images></queryResult>".encode())
    assert bad(rows) == [(1, "nested or stretched beyond any list: nothing after this entry was read")]
