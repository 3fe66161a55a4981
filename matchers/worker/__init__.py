"""The matcher's process: consume, match, store, and only then commit."""

from matchers.worker.configuration import MatchingTable
from matchers.worker.counts import MatcherCounts
from matchers.worker.working import MatchWorker

__all__ = ["MatchWorker", "MatcherCounts", "MatchingTable"]
