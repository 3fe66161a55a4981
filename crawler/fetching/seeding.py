"""Addresses to start from: judged like any link, then added to the frontier."""

from collections import Counter
from collections.abc import Iterable, Sequence

from scrapy import Request
from scrapy.utils.request import RequestFingerprinter

from crawler.contract.frontier import Frontier, Target
from crawler.contract.reasons import Reason
from crawler.contract.struct import Record
from crawler.frontier.fingerprints import fingerprint
from crawler.sites import Judge, Refusal, SiteDirectory

_BATCH = 500


class Seeded(Record, frozen=True, kw_only=True):
    """What became of the seeds."""

    added: int
    known: int
    """Accepted before, so not added again."""
    refused: dict[Reason, int]


def default_judge(directory: SiteDirectory) -> Judge:
    """A judge outside a crawl, with Scrapy's own fingerprints, so that both agree on what was seen."""
    fingerprinter = RequestFingerprinter()
    return Judge(directory, lambda url: fingerprint(Request(url), fingerprinter))


def add_seeds(frontier: Frontier, judge: Judge, urls: Iterable[str]) -> Seeded:
    """Add seeds in batches. Adding one twice changes nothing."""
    refused: Counter[Reason] = Counter()
    added = judged = 0
    batch: list[Target] = []

    def flush(targets: Sequence[Target]) -> int:
        return frontier.add(targets) if targets else 0

    for url in urls:
        target = judge.seed(url)
        if isinstance(target, Refusal):
            refused[target.reason] += 1
            continue
        judged += 1
        batch.append(target)
        if len(batch) == _BATCH:
            added += flush(batch)
            batch = []
    added += flush(batch)
    return Seeded(added=added, known=judged - added, refused=dict(refused))
