"""The hashes of many seen pictures at once, veiled, as arrays: made of records to be kept, or of what was kept.

On disk a block has a cell for each kind of hash, and the cells of many blocks, put end to end, are the arrays of the
whole stretch: reading takes no work for each picture.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from crawler.contract.records import DIHEDRAL, ImageSeen, Looks, Preparation
from matchers.contract.records import ExactAlgorithm
from matchers.veil import VEILED_DIGEST_BYTES, Bytes2D, Veil

EXACT: Final[tuple[ExactAlgorithm, ...]] = ("md5", "sha1", "sha256")
PREPARATIONS: Final[tuple[Preparation | None, ...]] = (None, "reduced_512", "squeezed_512")
_UPRIGHT: Final = 0
TURNS: Final = 1 + len(DIHEDRAL)
"""Views of each preparation: a view's number is the preparation's times this, and then the turn's, 0 for none."""


class View(NamedTuple):
    """One of a picture's PDQ hashes: after which preparation, and turned how."""

    prepared: Preparation | None
    turned: str | None

    @classmethod
    def of(cls, kind: int) -> "View":
        """The view with this number, as `Views.kinds` has them."""
        turn = kind % TURNS
        return cls(PREPARATIONS[kind // TURNS], None if turn == _UPRIGHT else DIHEDRAL[turn - 1])


@dataclass(frozen=True)
class Views:
    """Some PDQ hashes of the pictures of a stretch."""

    rows: npt.NDArray[np.int64]
    """Whose each is: rows of the stretch."""
    kinds: npt.NDArray[np.uint8]
    """Which view each is, see `View.of`."""
    codes: Bytes2D
    """Each as 32 bytes, veiled."""


@dataclass(frozen=True)
class Stretch:
    """The veiled hashes of n pictures. What was not asked for is empty."""

    pictures: int
    digests: dict[ExactAlgorithm, Bytes2D]
    """N x 16 each."""
    decoded: npt.NDArray[np.bool_]
    """Which of the pictures have looks."""
    phash: Bytes2D
    """A row for each picture that has looks, 8 bytes."""
    dhash: Bytes2D
    upright: Views
    """As the picture stands, after each preparation."""
    turned: Views

    @property
    def views(self) -> Views:
        """All of them."""
        return Views(
            np.concatenate([self.upright.rows, self.turned.rows]),
            np.concatenate([self.upright.kinds, self.turned.kinds]),
            np.concatenate([self.upright.codes, self.turned.codes]),
        )


class Cells(NamedTuple):
    """A block's hashes as they lie on disk. The small ones come first: reading them does not touch the large ones."""

    md5: bytes
    sha1: bytes
    sha256: bytes
    decoded: bytes
    """A byte for each picture: whether it has looks."""
    phash: bytes
    dhash: bytes
    upright_counts: bytes
    upright_kinds: bytes
    turned_counts: bytes
    turned_kinds: bytes
    upright: bytes
    turned: bytes


def cells(seen: Sequence[ImageSeen], veil: Veil) -> Cells:
    """The hashes of these pictures, veiled."""
    looks = [each.looks for each in seen if each.looks]
    upright = [[(0, each.looks.pdq), *_prepared_upright(each.looks)] if each.looks else [] for each in seen]
    turned = [list(_turned(each.looks)) if each.looks else [] for each in seen]
    codes = _veiled_pdq(veil, [text for views in (*upright, *turned) for _, text in views])
    uprights = sum(map(len, upright))
    return Cells(
        md5=veil.digests("md5", [bytes.fromhex(each.digests.md5) for each in seen]).tobytes(),
        sha1=veil.digests("sha1", [bytes.fromhex(each.digests.sha1) for each in seen]).tobytes(),
        sha256=veil.digests("sha256", [bytes.fromhex(each.digests.sha256) for each in seen]).tobytes(),
        decoded=bytes(each.looks is not None for each in seen),
        phash=veil.near("phash", _matrix([each.phash for each in looks], 8)).tobytes(),
        dhash=veil.near("dhash", _matrix([each.dhash for each in looks], 8)).tobytes(),
        upright_counts=bytes(map(len, upright)),
        upright_kinds=bytes(kind for views in upright for kind, _ in views),
        turned_counts=bytes(map(len, turned)),
        turned_kinds=bytes(kind for views in turned for kind, _ in views),
        upright=codes[:uprights].tobytes(),
        turned=codes[uprights:].tobytes(),
    )


def joined(blocks: Sequence[Cells]) -> Stretch:
    """The stretch of these blocks, one after the other. Cells that were not read are empty."""
    sha256 = _joined(blocks, lambda each: each.sha256, VEILED_DIGEST_BYTES)
    decoded = _joined(blocks, lambda each: each.decoded, 1)
    return Stretch(
        pictures=len(decoded),
        digests={
            "md5": _joined(blocks, lambda each: each.md5, VEILED_DIGEST_BYTES),
            "sha1": _joined(blocks, lambda each: each.sha1, VEILED_DIGEST_BYTES),
            "sha256": sha256,
        },
        decoded=decoded[:, 0].astype(np.bool_),
        phash=_joined(blocks, lambda each: each.phash, 8),
        dhash=_joined(blocks, lambda each: each.dhash, 8),
        upright=Views(
            _rows(_joined(blocks, lambda each: each.upright_counts, 1)),
            _joined(blocks, lambda each: each.upright_kinds, 1)[:, 0],
            _joined(blocks, lambda each: each.upright, 32),
        ),
        turned=Views(
            _rows(_joined(blocks, lambda each: each.turned_counts, 1)),
            _joined(blocks, lambda each: each.turned_kinds, 1)[:, 0],
            _joined(blocks, lambda each: each.turned, 32),
        ),
    )


def _rows(counts: Bytes2D) -> npt.NDArray[np.int64]:
    """Each row of the stretch as often as its picture has a hash."""
    return np.repeat(np.arange(len(counts), dtype=np.int64), counts[:, 0])


def _prepared_upright(looks: Looks) -> Iterable[tuple[int, str]]:
    for each in looks.prepared:
        yield PREPARATIONS.index(each.how) * TURNS, each.pdq


def _turned(looks: Looks) -> Iterable[tuple[int, str]]:
    yield from enumerate(looks.pdq_dihedral, start=1)
    for each in looks.prepared:
        yield from enumerate(each.pdq_dihedral, start=PREPARATIONS.index(each.how) * TURNS + 1)


def _veiled_pdq(veil: Veil, texts: Sequence[str]) -> Bytes2D:
    return veil.near("pdq", _matrix(texts, 32))


def _matrix(texts: Sequence[str], width: int) -> Bytes2D:
    return np.frombuffer(bytes.fromhex("".join(texts)), dtype=np.uint8).reshape(-1, width)


def _joined(blocks: Sequence[Cells], cell: Callable[[Cells], bytes], width: int) -> Bytes2D:
    return np.frombuffer(b"".join([cell(each) for each in blocks]), dtype=np.uint8).reshape(-1, width)
