"""What was seen before is matched again when entries are added; what rests on withdrawn ones is looked at again."""

from matchers.rematching.following import follow
from matchers.rematching.rematcher import Rematcher
from matchers.rematching.report import RematchProgress
from matchers.rematching.withdrawing import Standing, restate_withdrawn

__all__ = ["RematchProgress", "Rematcher", "Standing", "follow", "restate_withdrawn"]
