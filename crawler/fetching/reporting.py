"""Reports become targets: judged like seeds, first in their queues, and each with a sealed address to be told by."""

from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from crawler.contract.addresses import Address
from crawler.contract.frontier import Frontier, Target
from crawler.contract.reasons import Reason
from crawler.contract.reports import Report
from crawler.contract.struct import Record
from crawler.sealing import Sealer
from crawler.sites import Judge, Refusal, SiteDirectory


class ReportedAddress(Record, frozen=True, kw_only=True):
    """One address of a report."""

    url: str

    def __repr__(self) -> str:
        return "ReportedAddress(hidden)"


class Reported(Record, frozen=True, kw_only=True):
    """What became of a report's addresses."""

    added: int
    refused: dict[Reason, int]


def add_report(
    frontier: Frontier,
    judge: Judge,
    directory: SiteDirectory,
    sealer: Sealer,
    report: Report,
    addresses: Iterable[ReportedAddress],
) -> Reported:
    """Keep the report and queue its addresses; one that is known already gets these in addition, so repeat at will.

    A report none of whose addresses can be fetched is kept all the same: it says that it came.
    """
    targets: list[Target] = []
    refused: Counter[Reason] = Counter()
    for each in addresses:
        try:
            judged = judge.seed(each.url, report_id=report.id)
        except ValueError:
            judged = Refusal(reason=Reason.MALFORMED_LINK)
        if isinstance(judged, Refusal):
            refused[judged.reason] += 1
        else:
            targets.append(replace(judged, sealed_address=sealer.seal(Address(url=judged.url))))
    items = max((directory.profiles[target.site].budget.report_items for target in targets), default=1)
    frontier.open_report(report, items=items)
    added = frontier.add(targets) if targets else 0
    return Reported(added=added, refused=dict(refused))
