"""The matcher's process: consume, match, store, and only then commit."""

from matchers.worker.batches import KeepsStanding
from matchers.worker.configuration import MatchingTable
from matchers.worker.counts import MatcherCounts
from matchers.worker.flooding import Flooding
from matchers.worker.working import MatchWorker

__all__ = ["Flooding", "KeepsStanding", "MatchWorker", "MatcherCounts", "MatchingTable"]
