"""Makes the rows of one picture that a list tells of, with all the hashes it gives of it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from crawler.contract.digesting import DIGEST_KEY_BYTES
from matchers.contract.records import Algorithm, KnownEntry
from matchers.known.importers.hashes import fit_hash
from matchers.known.importers.texts import UnfitError
from matchers.known.rows import BadRow, Row

_PURPOSE = b"list entry"


class Entries:
    """Makes rows for one list. Where the list names no entry, one name is made for all hashes of a picture."""

    def __init__(self, list_name: str, digest_key: bytes) -> None:
        """Raises `ValueError` for a key that is not 32 bytes long."""
        if len(digest_key) != DIGEST_KEY_BYTES:
            raise ValueError(f"the digest key must be {DIGEST_KEY_BYTES} bytes long")
        self.list_name = list_name
        self._key = digest_key
        self._begun: dict[Algorithm, hashlib.blake2b] = {}

    def made_id(self, algorithm: Algorithm, value: str) -> str:
        """A name for an entry whose list gives none: always the same for the same hash of the same list.

        It is `keyed_digest(key, "list entry", list, algorithm, value)`, with what all have in common digested once:
        a fifth of the time.
        """
        begun = self._begun.get(algorithm)
        if begun is None:
            begun = hashlib.blake2b(key=self._key, digest_size=16, person=_PURPOSE)
            for part in (self.list_name, algorithm):
                encoded = part.encode("utf-8", "surrogatepass")
                begun.update(len(encoded).to_bytes(8, "big") + encoded)
            self._begun[algorithm] = begun
        digest = begun.copy()
        digest.update(len(value).to_bytes(8, "big") + value.encode("ascii"))
        return digest.hexdigest()

    def rows(
        self,
        number: int,
        hashes: Sequence[tuple[Algorithm, str]],
        *,
        list_id: str | None,
        category: str | None = None,
        source: str | None = None,
        dated: datetime | None = None,
    ) -> list[Row]:
        """An entry for each hash that is fit and a `BadRow` for each other; `number` is the line's or the item's."""
        rows: list[Row] = []
        for algorithm, text in hashes:
            try:
                value = fit_hash(algorithm, text)
            except UnfitError as unfit:
                rows.append(BadRow(line=number, reason=str(unfit)))
                continue
            if list_id is None:
                list_id = self.made_id(algorithm, value)
            rows.append(
                KnownEntry(
                    algorithm=algorithm,
                    value=value,
                    list=self.list_name,
                    list_id=list_id,
                    category=category,
                    source=source,
                    dated=dated,
                )
            )
        return rows
