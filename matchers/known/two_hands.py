"""Register a list, approve it, import a file, approve that: in one go, where two people are at hand or are played."""

from collections.abc import Iterable

from matchers.known.people import Person
from matchers.known.registration import Registration
from matchers.known.report import ImportReport
from matchers.known.rows import Row
from matchers.known.store import KnownStore


def import_by_two(
    store: KnownStore,
    registration: Registration,
    rows: Iterable[Row],
    *,
    file: str,
    first: Person,
    second: Person,
    list_version: str | None = None,
    complete: bool = False,
) -> ImportReport:
    """What `first` does and `second` approves, each step written down as theirs.

    A list that is registered in just this way already is not registered again. For practice sites and tests; people
    who decide do it step by step. Raises whatever `register`, `approve` and `import_rows` do.
    """
    if registration not in [count.registration for count in store.counts() if count.state != "retracted"]:
        proposal = store.register(registration, by=first)
        if proposal is not None:
            store.approve(proposal, by=second)
    report = store.import_rows(
        registration.name, rows, file=file, by=first, list_version=list_version, complete=complete
    )
    if report.proposal is None:
        return report
    done = store.approve(report.proposal, by=second)
    assert isinstance(done, ImportReport)
    return done
