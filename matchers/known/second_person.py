"""Whether an import takes a second person, and whether what they approve is still what was proposed."""

from collections.abc import Mapping

from matchers.known.limits import Limits
from matchers.known.lists import KnownList
from matchers.known.merging import Judged
from matchers.known.people import NotAllowedError


def two_needed(judged: Judged, listed: KnownList, limits: Limits, *, vouched: bool) -> str | None:
    """Why a second person must look at this import; None when none must.

    `vouched`: the provider's signature or registered server says that this is its list.
    """
    after = judged.active + judged.added + judged.back - judged.retracted
    changes = judged.added + judged.changed + judged.retracted
    expected = listed.registration.expected_minimum
    new = judged.added + judged.back
    reasons = {
        "it is the hotline's own material": listed.registration.kind == "own",
        f"the list would hold {_entries(after)}, fewer than {limits.small_list}": after < limits.small_list,
        f"the list would hold {_entries(after)}; it is registered with at least {expected}": after < expected,
        f"it takes {_entries(judged.retracted)} back, more than {limits.bulk_retraction}": (
            judged.retracted > limits.bulk_retraction
        ),
        f"it changes {changes} of {_entries(judged.active)}, more than {limits.most_changed:.0%}": (
            judged.held > 0 and changes > limits.most_changed * judged.active
        ),
        # However many: who looks for one picture can hide its hash among any number of others.
        f"it adds {_entries(new)}, and nothing but its bearer says that the provider made the file": (
            new > 0 and not vouched and not limits.unsigned_by_one
        ),
    }
    return next((why for why, holds in reasons.items() if holds), None) if changes else None


def proposed(judged: Judged) -> dict[str, int]:
    """What it comes to, as proposals and deeds keep it."""
    return {"added": judged.added, "changed": judged.changed, "retracted": judged.retracted}


def check_still_as_proposed(judged: Judged, counts: Mapping[str, int]) -> None:
    """Raises `NotAllowedError` when by now it would do more than what was proposed, since the list has changed."""
    if any(count > counts.get(what, 0) for what, count in proposed(judged).items()):
        raise NotAllowedError(
            "The list has changed since this import was proposed: it would add, change or take back more entries than "
            "the proposal says. Refuse it and import the file again."
        )


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
