"""What runs came to, in figures that can be compared."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from benchmarks.crawling.running import Figures
from benchmarks.crawling.watching import HASHING

_MB = 2**20


def rate(runs: Sequence[Figures]) -> dict[str, Any]:
    """Of all rounds of a side together. Any: JSON."""
    seconds = sum(each.seconds for each in runs)
    thousands = sum(each.requests for each in runs) / 1000
    pages, pictures = sum(each.pages for each in runs), sum(each.pictures for each in runs)

    def cpu(name: str) -> float:
        return round(sum(each.cpu_seconds.get(name, 0.0) for each in runs) / thousands, 2)

    parts = {name: cpu(name) for name in ("crawlers", HASHING, "redis")}
    return {
        "pages_per_s": round(pages / seconds, 1),
        "pictures_per_s": round(pictures / seconds, 1),
        "fetched_per_s": round((pages + pictures) / seconds, 1),
        "fetched_per_s_by_round": [round((each.pages + each.pictures) / each.seconds, 1) for each in runs],
        "cpu_s_per_1000_requests": round(parts["crawlers"] + parts["redis"], 2),
        "cpu_s_per_1000_requests_by_part": parts,
        "first_fetch_s": round(sum(each.start_seconds for each in runs) / len(runs), 1),
        "start_cpu_s": round(sum(each.start_cpu_seconds for each in runs) / len(runs), 2),
        "peak_rss_mb": max(each.peak_resident for each in runs) // _MB,
        "most_at_once": max(each.most_at_once for each in runs),
        "not_reached": sum(each.lost for each in runs),
        "fetched_again": sum(each.repeated for each in runs),
        "forbidden": dict(sum((Counter(each.forbidden) for each in runs), Counter())),
        "timed_out": sum(each.timed_out for each in runs),
    }


def polite(run: Figures, gap: float) -> dict[str, Any]:
    """Of a run that was to keep a gap. Any: JSON."""
    return {
        "min_gap_s": round(run.smallest_gap_s, 4),
        "kept": run.smallest_gap_s >= gap,
        "most_at_once": run.most_at_once,
        "seconds": round(run.seconds, 1),
        "fetched_per_s": round((run.pages + run.pictures) / run.seconds, 1),
        "not_reached": run.lost,
        "forbidden": dict(run.forbidden),
    }


def after_a_kill(run: Figures, gap: float) -> dict[str, Any]:
    """Of a run that was to keep a gap, and of whose crawlers one was killed and started again. Any: JSON."""
    return {
        "lost": run.lost,
        "pages_never_fetched": run.pages_not_fetched,
        "pictures_without_record": run.pictures_without_record,
        "fetched_again": run.repeated,
        "min_gap_s": round(run.smallest_gap_s, 4),
        "kept": run.smallest_gap_s >= gap,
    }
