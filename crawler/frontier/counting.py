"""What the end of one target adds to the counts besides itself: links that were not followed, pictures inside of it."""

from collections.abc import Iterator
from typing import Literal

from crawler.contract.frontier import Outcome
from crawler.contract.reasons import DECIDED_HERE, Reason

CountedOutcome = Literal["fetched", "skipped", "failed"]


def beside(outcome: Outcome) -> Iterator[tuple[Literal["link", "inside"], CountedOutcome, Reason | None, int]]:
    """Kind, outcome, reason and how many."""
    for reason, count in outcome.links.items():
        yield "link", "skipped", reason, count
    for kept, count in outcome.inside.items():
        if kept is None:
            yield "inside", "fetched", None, count
        else:
            yield "inside", "skipped" if kept in DECIDED_HERE else "failed", kept, count
