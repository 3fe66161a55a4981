"""From the embedded log to a matcher: one member of a group, its partitions, and how far it has read them."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from crawler.contract.clock import Clock
from crawler.contract.errors import LostClaimError
from crawler.contract.transport import Delivery
from crawler.transport.embedded import database
from crawler.transport.embedded.appending import bury
from crawler.transport.embedded.membership import Membership

_LOOK_AGAIN_SECONDS = 0.02


class EmbeddedSubscriber:
    """A `Subscriber` on the embedded log. Its claims expire when it neither polls nor keeps alive for six seconds."""

    def __init__(
        self,
        path: Path,
        topic: str,
        group: str,
        *,
        partitions: int,
        clock: Clock = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = database.connect(path)
        self._topic = database.open_topic(self._connection, topic, partitions)
        self._group = group
        self._clock = clock
        self._monotonic = monotonic
        self._membership = Membership(self._connection, self._topic, group, monotonic)
        self._read: dict[int, tuple[int, int, int]] = {}
        """For each partition the token of its claim, the offset we began at, and the one to read next."""
        self._turn = 0
        self._closed = False

    def poll(self, *, limit: int, timeout: float) -> Sequence[Delivery]:
        """Looks every 20 ms while there is nothing."""
        deadline = self._monotonic() + timeout
        while True:
            if self._membership.due:
                self._sign(give_up_surplus=True)
            with database.translated():
                found = self._take(limit)
            left = deadline - self._monotonic()
            if found or left <= 0:
                return found
            time.sleep(min(left, _LOOK_AGAIN_SECONDS))

    def commit(self, deliveries: Sequence[Delivery]) -> None:
        """Commits what is still ours even when it raises `LostClaimError` for the rest."""
        following: dict[int, int] = {}
        lost = False
        for each in deliveries:
            token, begun, unread = self._read.get(each.partition, (0, 0, 0))
            if token and begun <= each.offset < unread:
                following[each.partition] = max(following.get(each.partition, 0), each.offset + 1)
            else:
                # Read before the partition was lost and won again.
                lost = True
        with database.writing(self._connection):
            for part, offset in following.items():
                done = self._connection.execute(
                    "UPDATE claims SET next = max(next, ?) "
                    "WHERE topic = ? AND team = ? AND part = ? AND member = ? AND token = ?",
                    (offset, self._topic.id, self._group, part, self._membership.member, self._read[part][0]),
                )
                lost = lost or not done.rowcount
        if lost:
            raise LostClaimError(
                "Another member of the group has taken over a partition of this batch and is given its messages "
                "again. Go on with the next batch."
            )

    def keep_alive(self) -> None:
        """Show a sign of life, once a second at most; claims free partitions, gives up none."""
        if self._membership.due:
            self._sign(give_up_surplus=False)

    def bury(self, delivery: Delivery, reason: str) -> None:
        """Durable when it returns; one message is put aside once, however often it is delivered."""
        with database.writing(self._connection):
            letter = (delivery.key, delivery.value, reason)
            bury(self._connection, self._topic, [letter], at=self._clock(), of_position=delivery.offset)

    def lag(self) -> int:
        """Counted in the file: costs as much as there is left to do."""
        with database.translated():
            found = self._connection.execute(
                "SELECT sum((SELECT count(*) FROM messages m "
                "WHERE m.topic = c.topic AND m.part = c.part AND m.position >= c.next)) "
                "FROM claims c WHERE c.topic = ? AND c.team = ?",
                (self._topic.id, self._group),
            ).fetchone()
        return int(found[0])

    def close(self) -> None:
        """Give all partitions back and close the file."""
        if self._closed:
            return
        self._closed = True
        try:
            self._membership.leave()
        finally:
            self._connection.close()

    def _sign(self, *, give_up_surplus: bool) -> None:
        self._membership.sign(give_up_surplus=give_up_surplus)
        claims = self._membership.claims
        self._read = {
            part: self._read[part]
            if part in self._read and self._read[part][0] == claim.token
            else (claim.token, claim.next, claim.next)
            for part, claim in claims.items()
        }

    def _take(self, limit: int) -> list[Delivery]:
        """Up to `limit` messages, beginning with another partition each time, so that none waits for a full one."""
        found: list[Delivery] = []
        parts = sorted(self._read)
        self._turn += 1
        for turn in range(len(parts)):
            part = parts[(self._turn + turn) % len(parts)]
            token, begun, unread = self._read[part]
            rows = self._connection.execute(
                "SELECT position, key, value FROM messages WHERE topic = ? AND part = ? AND position >= ? "
                "ORDER BY position LIMIT ?",
                (self._topic.id, part, unread, limit - len(found)),
            ).fetchall()
            if rows:
                self._read[part] = (token, begun, rows[-1][0] + 1)
            for position, key, value in rows:
                found.append(Delivery(topic=self._topic.name, partition=part, offset=position, key=key, value=value))
        return found
