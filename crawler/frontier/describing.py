"""How the frontier lists what it refuses itself: by a function of the crawler's, which has the keys to seal with."""

from collections.abc import Callable

from crawler.contract.frontier import PassedOver, Target
from crawler.contract.reasons import Reason

Describe = Callable[[Target, Reason, float], PassedOver]
"""The listing's entry of a target that was not accepted, for this reason, at this moment (epoch seconds)."""
