"""From a file's hashes to rows of the known set: one entry a file, under as many algorithms as it has hashes."""

from collections.abc import Iterator
from typing import Final

from crawler.contract.digesting import keyed_digest
from crawler.contract.records import Looks
from matchers.contract.records import Algorithm, KnownEntry
from matchers.known.rows import LeftOut, Row
from zoeklicht.own.hashing import FileHashes

LOW_QUALITY: Final = LeftOut(reason="a picture of PDQ quality below 50: its looks would match too much")
NO_LOOKS: Final = LeftOut(reason="no picture that can be decoded here: only its digests are kept")


def rows_of(
    hashes: FileHashes, *, list_name: str, digest_key: bytes, category: str | None, min_quality: int = 50
) -> Iterator[Row]:
    """Entries of one file; all bear the same list id, which is made from its SHA-256 and says nothing without the key.

    A picture whose PDQ quality is below `min_quality` gets no perceptual entries, and says so.
    """
    list_id = keyed_digest(digest_key, "own entry", list_name, hashes.digests.sha256)

    def entry(algorithm: Algorithm, value: str) -> KnownEntry:
        return KnownEntry(algorithm=algorithm, value=value, list=list_name, list_id=list_id, category=category)

    yield entry("md5", hashes.digests.md5)
    yield entry("sha1", hashes.digests.sha1)
    yield entry("sha256", hashes.digests.sha256)
    if not hashes.looks:
        yield NO_LOOKS
    for looks in hashes.looks:
        if looks.pdq_quality < min_quality:
            yield LOW_QUALITY
            continue
        for algorithm, value in _perceptual(looks):
            yield entry(algorithm, value)


def _perceptual(looks: Looks) -> tuple[tuple[Algorithm, str], ...]:
    return ("pdq", looks.pdq), ("phash", looks.phash), ("dhash", looks.dhash)
