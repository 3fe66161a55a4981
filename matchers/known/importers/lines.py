"""Imports plain lists: one hash a line, of one algorithm that is given or shows in the length."""

from collections.abc import Iterator
from typing import BinaryIO

from matchers.contract.records import Algorithm, KnownEntry
from matchers.known.importers.hashes import LENGTHS, UnfitHashError, fit_hash, made_list_id
from matchers.known.importers.numbered_lines import numbered_lines
from matchers.known.rows import BadRow, Row


def read_lines(
    stream: BinaryIO, *, list_name: str, digest_key: bytes, algorithm: Algorithm | None = None
) -> Iterator[Row]:
    """One `Row` for each line that is neither blank nor a comment (`#`); streaming.

    Without `algorithm`, 32 characters are md5 and 40 are sha1; 64 could be sha256 or pdq and are not guessed.
    """
    for found in numbered_lines(stream):
        if isinstance(found, BadRow):
            yield found
            continue
        line, text = found
        try:
            named = algorithm or _by_length(len(text))
            value = fit_hash(named, text)
        except UnfitHashError as unfit:
            yield BadRow(line=line, reason=str(unfit))
            continue
        yield KnownEntry(
            algorithm=named,
            value=value,
            list=list_name,
            list_id=made_list_id(digest_key, list_name, named, value),
        )


def _by_length(length: int) -> Algorithm:
    fitting = [name for name, expected in LENGTHS.items() if expected == length]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UnfitHashError(f"{length} characters could be {' or '.join(fitting)}: name the algorithm")
    raise UnfitHashError(f"no algorithm that is matched here has {length} characters")
