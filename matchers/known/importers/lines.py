"""Imports plain lists: one hash a line, of one algorithm that is given or shows in the length."""

from collections.abc import Iterator
from typing import BinaryIO

from matchers.contract.records import Algorithm
from matchers.known.importers.entries import Entries
from matchers.known.importers.hashes import LENGTHS
from matchers.known.importers.numbered_lines import numbered_lines
from matchers.known.importers.texts import UnfitError
from matchers.known.rows import BadRow, Row


def read_lines(
    stream: BinaryIO, *, list_name: str, digest_key: bytes, algorithm: Algorithm | None = None
) -> Iterator[Row]:
    """One `Row` for each line that is neither blank nor a comment (`#`); streaming.

    Without `algorithm`, 32 characters are md5 and 40 are sha1; 64 could be sha256 or pdq and are not guessed.
    """
    entries = Entries(list_name, digest_key)
    for found in numbered_lines(stream):
        if isinstance(found, BadRow):
            yield found
            continue
        line, text = found
        try:
            named = algorithm or _by_length(len(text))
        except UnfitError as unfit:
            yield BadRow(line=line, reason=str(unfit))
            continue
        yield from entries.rows(line, ((named, text),), list_id=None)


def _by_length(length: int) -> Algorithm:
    fitting = [name for name, expected in LENGTHS.items() if expected == length]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UnfitError(f"{length} characters could be {' or '.join(fitting)}: name the algorithm")
    raise UnfitError(f"no algorithm that is matched here has {length} characters")
