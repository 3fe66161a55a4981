"""What is remembered of an address, and its short form for the shared store: some hundred bytes a picture."""

from collections.abc import Mapping

import msgspec

from crawler.contract.frontier import FoundKind
from crawler.contract.reasons import Reason
from crawler.contract.records import Digests, Looks, Preparation, Prepared
from crawler.contract.struct import Record
from crawler.hashing import Hashed

_PDQ_BYTES = 32


class RememberedPicture(Record, frozen=True, kw_only=True):
    """One picture (or video) as it was when its bytes were last here."""

    path_inside: str | None
    media_type: str | None
    size: int
    """Bytes received then."""
    hashed: Hashed

    def __repr__(self) -> str:
        return "RememberedPicture(hidden)"


class Remembered(Record, frozen=True, kw_only=True):
    """What became of an address, and how to ask whether it still is what it was. At least one validator is there."""

    found: FoundKind
    etag: str | None = None
    last_modified: str | None = None
    pictures: tuple[RememberedPicture, ...] = ()
    """All that were hashed: itself, frames of it, or those inside of it. One for each record."""
    inside: Mapping[Reason | None, int] = {}
    """As it was counted (`Outcome.inside`)."""

    def __repr__(self) -> str:
        return f"Remembered({self.found}, rest hidden)"


class _Prepared(msgspec.Struct, frozen=True, array_like=True):
    how: Preparation
    pdq: bytes
    pdq_quality: int
    pdq_dihedral: bytes


class _Looks(msgspec.Struct, frozen=True, array_like=True):
    width: int
    height: int
    frame: int
    pdq: bytes
    pdq_quality: int
    pdq_dihedral: bytes
    phash: bytes
    dhash: bytes
    prepared: tuple[_Prepared, ...]


class _Picture(msgspec.Struct, frozen=True, array_like=True):
    path_inside: str | None
    media_type: str | None
    size: int
    digests: bytes
    looks: _Looks | None
    undecoded: Reason | None


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    found: FoundKind
    etag: str | None
    last_modified: str | None
    pictures: tuple[_Picture, ...]
    inside: tuple[tuple[Reason | None, int], ...]


def packed(remembered: Remembered) -> bytes:
    """The short form: hashes as bytes, fields by their place."""
    return msgspec.msgpack.encode(
        _Kept(
            remembered.found,
            remembered.etag,
            remembered.last_modified,
            tuple(
                _Picture(
                    each.path_inside,
                    each.media_type,
                    each.size,
                    _digests_packed(each.hashed.digests),
                    None if each.hashed.looks is None else _looks_packed(each.hashed.looks),
                    each.hashed.undecoded,
                )
                for each in remembered.pictures
            ),
            tuple(remembered.inside.items()),
        )
    )


def unpacked(kept: bytes) -> Remembered | None:
    """From the short form; None when it is another version's."""
    try:
        found = msgspec.msgpack.decode(kept, type=_Kept)
    except msgspec.DecodeError:
        return None
    return Remembered(
        found=found.found,
        etag=found.etag,
        last_modified=found.last_modified,
        pictures=tuple(
            RememberedPicture(
                path_inside=each.path_inside,
                media_type=each.media_type,
                size=each.size,
                hashed=Hashed(
                    digests=_digests_unpacked(each.digests),
                    looks=None if each.looks is None else _looks_unpacked(each.looks),
                    undecoded=each.undecoded,
                ),
            )
            for each in found.pictures
        ),
        inside=dict(found.inside),
    )


def _digests_packed(digests: Digests) -> bytes:
    return bytes.fromhex(digests.md5 + digests.sha1 + digests.sha256)


def _digests_unpacked(kept: bytes) -> Digests:
    return Digests(md5=kept[:16].hex(), sha1=kept[16:36].hex(), sha256=kept[36:].hex())


def _looks_packed(looks: Looks) -> _Looks:
    return _Looks(
        looks.width,
        looks.height,
        looks.frame,
        bytes.fromhex(looks.pdq),
        looks.pdq_quality,
        bytes.fromhex("".join(looks.pdq_dihedral)),
        bytes.fromhex(looks.phash),
        bytes.fromhex(looks.dhash),
        tuple(
            _Prepared(each.how, bytes.fromhex(each.pdq), each.pdq_quality, bytes.fromhex("".join(each.pdq_dihedral)))
            for each in looks.prepared
        ),
    )


def _looks_unpacked(kept: _Looks) -> Looks:
    return Looks(
        width=kept.width,
        height=kept.height,
        frame=kept.frame,
        pdq=kept.pdq.hex(),
        pdq_quality=kept.pdq_quality,
        pdq_dihedral=_each_pdq(kept.pdq_dihedral),
        prepared=tuple(
            Prepared(
                how=each.how,
                pdq=each.pdq.hex(),
                pdq_quality=each.pdq_quality,
                pdq_dihedral=_each_pdq(each.pdq_dihedral),
            )
            for each in kept.prepared
        ),
        phash=kept.phash.hex(),
        dhash=kept.dhash.hex(),
    )


def _each_pdq(joined: bytes) -> tuple[str, ...]:
    return tuple(joined[i : i + _PDQ_BYTES].hex() for i in range(0, len(joined), _PDQ_BYTES))
