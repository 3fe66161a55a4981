"""Hashes files of a folder in the crawler's hashing processes, several at a time, in the order of the files."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import Final

from crawler.contract.records import Digests, Looks
from crawler.contract.struct import Record
from crawler.hashing import Digester, Hashed, HashingPool
from zoeklicht.own.folder import FoundFile

MOST_DECODED: Final = 256 * 2**20
"""Bytes of a file that may still be a picture. Larger ones are films or archives: only their digests are taken."""
_CHUNK: Final = 2**20
_AHEAD: Final = 4
"""Files handed over for each hashing process."""


class FileHashes(Record, frozen=True, kw_only=True):
    """All that is kept of a file."""

    digests: Digests
    looks: tuple[Looks, ...] = ()
    """Of a picture; of an animation's sampled frames."""
    undecoded: str | None = None
    """The `Reason` why there are no looks; None when there are."""


def hash_files(files: Iterable[FoundFile], pool: HashingPool) -> Iterator[tuple[FoundFile, FileHashes | None]]:
    """Each file with its hashes, in order; None for one that could not be read. Holds a few files in memory."""
    waiting: deque[tuple[FoundFile, Future[Hashed] | FileHashes | None]] = deque()
    for file in files:
        waiting.append((file, _begun(file, pool)))
        if len(waiting) > _AHEAD * pool.workers:
            yield _ended(*waiting.popleft())
    while waiting:
        yield _ended(*waiting.popleft())


def _begun(file: FoundFile, pool: HashingPool) -> Future[Hashed] | FileHashes | None:
    try:
        if file.size > MOST_DECODED:
            return FileHashes(digests=_streamed(file), undecoded="response_too_large")
        return pool.submit(file.path.read_bytes())
    except OSError:
        return None


def _ended(file: FoundFile, hashed: Future[Hashed] | FileHashes | None) -> tuple[FoundFile, FileHashes | None]:
    if not isinstance(hashed, Future):
        return file, hashed
    found = hashed.result()
    looks = () if found.looks is None else (found.looks, *found.frames)
    return file, FileHashes(digests=found.digests, looks=looks, undecoded=found.undecoded)


def _streamed(file: FoundFile) -> Digests:
    digester = Digester()
    with file.path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digester.feed(chunk)
    return digester.digests()
