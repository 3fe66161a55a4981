"""What to do about a flood: the known set is told, people are alerted. Nothing is dropped."""

import logging
from collections.abc import Sequence

from crawler.contract.telemetry import ENTRIES_FLOODING, counter
from matchers.contract.errors import StoreUnavailableError
from matchers.contract.records import Found
from matchers.floods import FloodWatch
from matchers.known import KnownStore

LOG = logging.getLogger(__name__)


class Flooding:
    """Thread-safe. From the mark on the entry's matches are held apart, and those stored already restated."""

    def __init__(self, watch: FloodWatch, known: KnownStore) -> None:
        self._watch = watch
        self._known = known
        self._told = counter(ENTRIES_FLOODING)

    def note(self, found: Sequence[Found]) -> int:
        """Count what was found; returns how many entries flood from now on. Safe to repeat; raises as the watch does.

        While the known set takes no writes nothing is marked; the next match of such an entry tries again.
        """
        floods = self._watch.note(found)
        if not floods:
            return 0
        numbers = [
            shown.number
            for flood in floods
            for shown in self._known.show(flood.list, flood.list_id)
            if shown.provenance.algorithm == flood.algorithm and not shown.provenance.flooding
        ]
        if numbers:
            try:
                version = self._known.mark_flooding(numbers)
            except StoreUnavailableError as error:
                # A large import may be merged just now. It still floods when the next match of it comes.
                LOG.warning("an entry floods and cannot be marked yet: %s", error)
                return 0
            for flood in floods:
                LOG.error(
                    "entry %s of list %s (%s) matched %d different pictures on %d hosts within the time set: its "
                    "matches are held apart from version %d on, until a person has looked. See: zoeklicht known show",
                    flood.list_id,
                    flood.list,
                    flood.algorithm,
                    flood.pictures,
                    flood.hosts,
                    version,
                )
            self._told.inc(len(floods))
        self._watch.marked(floods)
        return len(floods) if numbers else 0
