"""What people said is on a replica before it is acknowledged: work can be done again, a halt is not found again."""

import logging
from collections.abc import Callable

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import NoPermissionError

logger = logging.getLogger(__name__)

_WAIT_MILLISECONDS = 500


def confirmed(client: Redis, write: Callable[[Pipeline], object]) -> object:
    """What Redis answers to one write, once a replica has taken it in, if any is connected.

    When none does so within half a second, that is logged and the write stands: it holds on the primary, and a failover
    may forget it. So it is where there is no replica, and where `ROLE` is not allowed to us.
    Source: https://redis.io/docs/latest/commands/wait/
    """
    # Together, since WAIT speaks of what its own connection has written.
    pipeline = client.pipeline(transaction=False)
    write(pipeline)
    if _has_replica(client):
        pipeline.wait(1, _WAIT_MILLISECONDS)
    answer, *replicas = pipeline.execute()
    if replicas == [0]:
        logger.warning("No replica of Redis has confirmed what was written: a failover now may forget it. Look at it.")
    return answer


def _has_replica(client: Redis) -> bool:
    try:
        role = client.role()
    except NoPermissionError:
        return False
    # Of a primary: role, offset, replicas. A replica says something else, and refuses the write.
    return role[0] in {"master", b"master"} and len(role[2]) > 0
