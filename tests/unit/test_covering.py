"""Coverage in the figures people ask for."""

from datetime import UTC, datetime

from crawler.contract.frontier import Count, CountedKind, Coverage
from crawler.contract.reasons import Reason
from zoeklicht.covering import covered, figures

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def count(kind: CountedKind, outcome: str, number: int, reason: Reason | None = None) -> Count:
    assert outcome in {"fetched", "skipped", "failed"}
    return Count(site="a", kind=kind, outcome=outcome, reason=reason, count=number)  # type: ignore[arg-type]  # asserted above


COVERAGE = Coverage(
    scope="a",
    known=40,
    pending=2,
    leased=1,
    counts=(
        count("page", "fetched", 5),
        count("page", "fetched", 2, Reason.REDIRECTED),
        count("page", "fetched", 1, Reason.NOT_MODIFIED),
        count("picture", "fetched", 10),
        count("picture", "fetched", 3, Reason.UNDECODABLE),
        count("archive", "fetched", 1),
        count("inside", "fetched", 7),
        count("inside", "failed", 1, Reason.UNDECODABLE),
        count("picture", "skipped", 4, Reason.ROBOTS_DISALLOWED),
        count("page", "failed", 6, Reason.NOT_FOUND),
        count("picture", "failed", 5, Reason.NOT_FOUND),
        count("link", "skipped", 99, Reason.ACTING_LINK),
    ),
)


def test_everything_known_is_somewhere() -> None:
    figured = covered(COVERAGE)
    assert figured.known == figured.ended + figured.pending + figured.leased + figured.lost
    assert figured.lost == 0
    told = figured.pages + figured.pictures + figured.redirected + figured.unchanged
    assert figured.ended == told + sum(figured.skipped.values()) + sum(figured.failed.values())


def test_what_is_nowhere_is_told() -> None:
    assert covered(Coverage(scope="a", known=5, pending=1, leased=1, counts=())).lost == 3


def test_pictures_inside_of_archives_count_as_hashed_and_not_as_fetched() -> None:
    figured = covered(COVERAGE)
    assert (figured.pages, figured.pictures, figured.hashed) == (5, 14, 17)
    assert figured.inside == {Reason.UNDECODABLE: 1}


def test_each_reason_is_told_with_its_count() -> None:
    figured = covered(COVERAGE)
    assert figured.failed == {Reason.NOT_FOUND: 11}
    assert figured.skipped == {Reason.ROBOTS_DISALLOWED: 4}
    assert figured.in_part == {Reason.UNDECODABLE: 3}
    assert figured.links == {Reason.ACTING_LINK: 99}
    assert figured.as_json()["failed"] == {"not_found": 11}


def test_figures_for_dashboards_say_the_same_and_have_an_id_each() -> None:
    kept = figures(COVERAGE, "site", NOON)
    assert len({figure.id for figure in kept}) == len(kept)
    by_kind = {(figure.kind, figure.outcome, figure.reason): figure.count for figure in kept}
    assert by_kind["targets", "known", None] == 40
    assert by_kind["targets", "lost", None] == 0
    assert by_kind["picture", "failed", "not_found"] == 5
    assert {figure.day for figure in kept} == {"2026-01-02"}
