"""`ImageSeen` to bytes and back: nothing is changed on the way, nothing wrong passes, and no error tells a secret."""

import copy
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.contract.errors import InvalidRecordError
from crawler.contract.records import Country, Digests, Fetch, ImageSeen, Looks, Origin, Peer
from crawler.transport import decode, encode, schema

SECRET = "https://secret.example/hidden.jpg"


def hexadecimal(digits: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdef", min_size=digits, max_size=digits)


def names() -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100)


records = st.builds(
    ImageSeen,
    sighting_id=hexadecimal(32),
    item_digest=hexadecimal(32),
    page_digest=st.none() | hexadecimal(32),
    sealed_address=st.text("abcXYZ019_-", min_size=70, max_size=200),
    origin=st.builds(
        Origin, host=names(), site=names(), site_type=st.sampled_from(["forum", "other"]), report_id=st.none() | names()
    ),
    peer=st.builds(
        Peer,
        ip=st.ip_addresses().map(str),
        port=st.integers(1, 65535),
        country=st.builds(
            Country, code=st.none() | st.just("NL"), source=names(), as_of=st.dates().map(lambda day: day.isoformat())
        ),
        asn=st.none() | st.integers(0, 2**32 - 1),
        cdn=st.none() | names(),
    ),
    fetch=st.builds(
        Fetch,
        at=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))])),
        status=st.integers(100, 599),
        media_type=st.none() | names(),
        size=st.integers(0, 2**40),
        truncated=st.booleans(),
    ),
    digests=st.builds(Digests, md5=hexadecimal(32), sha1=hexadecimal(40), sha256=hexadecimal(64)),
    looks=st.none()
    | st.builds(
        Looks,
        width=st.integers(1, 60_000),
        height=st.integers(1, 60_000),
        frame=st.integers(0, 9),
        pdq=hexadecimal(64),
        pdq_quality=st.integers(0, 100),
        pdq_dihedral=st.lists(hexadecimal(64), max_size=7).map(tuple),
        phash=hexadecimal(16),
        dhash=hexadecimal(16),
    ),
    undecoded=st.none() | names(),
)

EXAMPLE: dict[str, Any] = {  # Any: JSON, to be broken in every way
    "schema": "image_seen.v1",
    "sighting_id": "0" * 32,
    "item_digest": "1" * 32,
    "page_digest": None,
    "sealed_address": "A" * 80,
    "origin": {"host": "127.0.0.2", "site": "forum", "site_type": "forum", "report_id": None},
    "peer": {
        "ip": "127.0.0.2",
        "port": 80,
        "country": {"code": "NL", "source": "iptocc", "as_of": "2026-01-01"},
        "asn": None,
        "cdn": None,
    },
    "media": "picture",
    "fetch": {"at": "2026-01-01T00:00:00Z", "status": 200, "media_type": None, "size": 1, "truncated": False},
    "digests": {"md5": "2" * 32, "sha1": "3" * 40, "sha256": "4" * 64},
    "looks": {
        "width": 1,
        "height": 1,
        "frame": 0,
        "pdq": "5" * 64,
        "pdq_quality": 100,
        "pdq_dihedral": ["6" * 64] * 7,
        "prepared": [{"how": "reduced_512", "pdq": "5" * 64, "pdq_quality": 50, "pdq_dihedral": ["6" * 64]}],
        "phash": "7" * 16,
        "dhash": "8" * 16,
    },
    "undecoded": None,
}


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where in the example something stands, all depths."""
    inside = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [place for key, each in inside for place in [(*path, key), *places(each, (*path, key))]]


def broken(path: tuple[str | int, ...], value: object) -> bytes:
    document = copy.deepcopy(EXAMPLE)
    target: Any = document  # Any: JSON
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return msgspec.json.encode(document)


def refusal(value: bytes) -> str:
    with pytest.raises(InvalidRecordError) as caught:
        decode(value)
    assert caught.value.__context__ is None
    return str(caught.value)


@given(records)
def test_a_record_comes_back_as_it_was(record: ImageSeen) -> None:
    assert decode(encode(record)) == record


def test_the_example_that_is_broken_below_is_whole() -> None:
    assert msgspec.json.decode(encode(decode(msgspec.json.encode(EXAMPLE)))) == EXAMPLE


@pytest.mark.parametrize("path", places(EXAMPLE), ids=lambda path: ".".join(map(str, path)))
def test_a_wrong_value_is_refused_by_its_place_and_never_repeated(path: tuple[str | int, ...]) -> None:
    # No field takes an address with a control character, nor an object of that name.
    for wrong in (f"{SECRET}\n" * 100, {SECRET: SECRET}, [SECRET]):
        said = refusal(broken(path, wrong))
        assert "secret" not in said
        # Down to the field, or to the element it stands in.
        assert f"${''.join('[...]' if isinstance(key, int) else f'.{key}' for key in path)}" in said


@pytest.mark.parametrize(
    "name",
    [SECRET, "x` - at `$.secret", "x - at `$.secret`", "x` - at `$.fetch.secret", "secret"],
)
def test_an_unknown_field_is_refused_without_its_name(name: str) -> None:
    for path in ((name,), ("origin", name), ("looks", name)):
        said = refusal(broken(path, "value"))
        assert "secret" not in said
        assert "does not have" in said


def test_a_missing_field_is_refused() -> None:
    document = {key: value for key, value in EXAMPLE.items() if key != "digests"}
    assert "a field is missing" in refusal(msgspec.json.encode(document))


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b'"' + SECRET.encode() + b'"',
        b"\xff\xfe" + SECRET.encode(),
        b'{"schema": "image_seen.v2' + SECRET.encode() + b'"}',
        b'{"schema": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"looks": ' + b'{"a":' * 100_000,
        b"null",
        b"[]",
        SECRET.encode(),
    ],
    ids=range(11),
)
def test_what_is_no_record_at_all_is_refused(value: bytes) -> None:
    assert "secret" not in refusal(value)


@given(st.binary(max_size=200))
def test_noise_is_refused_by_the_same_error(value: bytes) -> None:
    refusal(value)


@given(records, st.data())
def test_a_truncated_record_is_refused(record: ImageSeen, data: st.DataObject) -> None:
    text = encode(record)
    refusal(text[: data.draw(st.integers(0, len(text) - 1))])


@pytest.mark.parametrize(
    "change",
    [
        {"sighting_id": SECRET},
        {"sealed_address": SECRET},
        {"digests": Digests(md5=SECRET, sha1="", sha256="")},
        {"undecoded": SECRET * 10},
        {"undecoded": "secret \ud800"},
        {"fetch": SECRET},
        {"origin": {SECRET: SECRET}},
    ],
    ids="-".join,
)
def test_a_record_that_breaks_the_schema_is_not_sent(change: dict[str, Any]) -> None:  # Any: wrong on purpose
    record = msgspec.structs.replace(decode(msgspec.json.encode(EXAMPLE)), **change)
    with pytest.raises(InvalidRecordError) as caught:
        encode(record)
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_the_schema_in_docs_is_that_of_the_record() -> None:
    path = Path(__file__).parents[3] / "docs" / "schemas" / schema.NAME
    assert path.read_text(encoding="utf-8") == schema.image_seen(), (
        "ImageSeen has changed. A change that old readers cannot read is a new version; else run "
        "`python -m crawler.transport.schema docs/schemas`."
    )
