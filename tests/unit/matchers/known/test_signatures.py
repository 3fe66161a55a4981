import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from nacl.signing import SigningKey

from matchers.known import ImportRefusedError, ImportReport, KnownStore, Registration, RegistrationRefusedError, Row
from tests.known_sets import FIRST, SECOND, registration
from tests.unit.matchers.known.entries_held import entry, held

KEY = SigningKey(bytes(range(32)))
CONTENT = b"a\nb\n"


@pytest.fixture
def signed(store: KnownStore) -> KnownStore:
    """A set with a list whose provider signs."""
    made = Registration(
        name="a list",
        source="x",
        regime="csam",
        contact="x@y.example",
        signing_key=base64.b64encode(bytes(KEY.verify_key)).decode(),
    )
    proposal = store.register(made, by=FIRST)
    assert proposal is not None
    store.approve(proposal, by=SECOND)
    return store


def take(store: KnownStore, content: BinaryIO | None, signature: bytes | None) -> ImportReport:
    def rows() -> Iterator[Row]:
        assert content is not None
        for line in content:
            yield entry(line.decode().strip())

    return store.import_rows("a list", rows(), file="a.csv", by=FIRST, content=content, signature=signature)


def test_a_file_that_its_provider_signed_is_imported(signed: KnownStore, tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_bytes(CONTENT)
    signature = KEY.sign(CONTENT).signature
    with file.open("rb") as content:
        assert take(signed, content, signature).added == 2
    assert take(signed, io.BytesIO(CONTENT), signature).already_there == 2
    assert sorted(held(signed)) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "signature"),
    [
        (CONTENT + b"c\n", KEY.sign(CONTENT).signature),
        (CONTENT, SigningKey(bytes(32)).sign(CONTENT).signature),
        (CONTENT, b"short"),
        (CONTENT, bytes(64)),
    ],
)
def test_a_file_that_does_not_fit_its_signature_is_refused(
    signed: KnownStore, content: bytes, signature: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "list"
    file.write_bytes(content)
    with file.open("rb") as opened, pytest.raises(ImportRefusedError, match="does not fit"):
        take(signed, opened, signature)
    with pytest.raises(ImportRefusedError, match="does not fit"):
        take(signed, io.BytesIO(content), signature)
    assert held(signed) == {}


def test_a_file_without_its_signature_is_refused(signed: KnownStore) -> None:
    with pytest.raises(ImportRefusedError, match="name the file of the signature"):
        take(signed, io.BytesIO(CONTENT), None)
    with pytest.raises(ImportRefusedError, match="name the file of the signature"):
        take(signed, None, KEY.sign(CONTENT).signature)


def test_an_empty_file_does_not_fit(signed: KnownStore, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with (tmp_path / "empty").open("rb") as content, pytest.raises(ImportRefusedError, match="does not fit"):
        take(signed, content, KEY.sign(CONTENT).signature)


@pytest.mark.parametrize("key", ["", "AAAA", "no base64!", base64.b64encode(bytes(64)).decode()])
def test_a_list_with_a_key_that_is_none_is_not_registered(store: KnownStore, key: str) -> None:
    made = Registration(name="a list", source="x", regime="csam", contact="x@y.example", signing_key=key)
    with pytest.raises(RegistrationRefusedError, match="Ed25519"):
        store.register(made, by=FIRST)


def test_a_signed_file_that_is_written_to_while_it_is_read_is_refused(signed: KnownStore, tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_bytes(CONTENT)

    def rows() -> Iterator[Row]:
        file.write_bytes(b"x\ny\n")
        for line in file.read_text().split():
            yield entry(line)

    signature = KEY.sign(CONTENT).signature
    with file.open("rb") as content, pytest.raises(ImportRefusedError, match="was changed while it was read"):
        signed.import_rows("a list", rows(), file="a.csv", by=FIRST, content=content, signature=signature)
    assert held(signed) == {}


def test_a_signature_that_nobody_would_check_is_refused(store: KnownStore) -> None:
    approve = store.register(registration("a list"), by=FIRST)
    assert approve is not None
    store.approve(approve, by=SECOND)
    with pytest.raises(ImportRefusedError, match="--signing-key"):
        take(store, io.BytesIO(CONTENT), KEY.sign(CONTENT).signature)
    assert held(store) == {}
