"""How a batch is shared out among the hosts that could fill it."""

from collections.abc import Sequence


def shares(most: Sequence[int], limit: int) -> Sequence[int]:
    """How many each gets of `limit`, at most `most` of each: in rounds of one each, so that as many as can take part.

    A crawl is as fast as the number of hosts it asks at once, since each one sets its own pace.
    """
    given = [0] * len(most)
    left = min(limit, sum(most))
    while left > 0:
        for i, bound in enumerate(most):
            if left > 0 and given[i] < bound:
                given[i] += 1
                left -= 1
    return given
