"""Notices a provider that pages in circles."""

from typing import Final

from matchers.known.remote.errors import RemoteRefusedError

_MOST_EMPTY: Final = 100
_MOST_PAGES: Final = 100_000
"""A hundred million entries of NCMEC's; the disk must not be filled by a provider that never ends."""


class PagingGuard:
    """Looks at one run of pages, from its first to its last."""

    def __init__(self, list_name: str) -> None:
        self._name = list_name
        self._seen: set[int] = set()
        self._empty = 0

    def passed(self, onward: str, rows: int) -> None:
        """A page with so many rows says that the next one is at `onward`. Raises `RemoteRefusedError` for a circle:

        a place that was there before, a hundred pages in a row without anything on them, or no end in sight at all.
        """
        self._empty = self._empty + 1 if rows == 0 else 0
        endless = self._empty >= _MOST_EMPTY or len(self._seen) >= _MOST_PAGES
        if endless or (place := hash(onward)) in self._seen:
            raise RemoteRefusedError(
                f"{self._name}: the provider pages in circles: there is no end to reach. Tell it; "
                "the pages until here are kept."
            )
        self._seen.add(place)
