"""Who of a group reads which partition: members that show signs of life, and claims that rise in token.

All of it is in the file. A member that has shown no sign for `EXPIRY_SECONDS` is struck off by the others; its claims
go to them with a higher token, so that it cannot commit what it had read.
"""

import secrets
import sqlite3
import time
from collections.abc import Callable

import msgspec

from crawler.transport.embedded.database import Topic, writing

EXPIRY_SECONDS = 6.0
SIGN_SECONDS = 1.0


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A partition that is this member's until somebody raises its token."""

    token: int
    next: int
    """The group's first offset not committed, when it was claimed."""


class Membership:
    """One member of one group on one topic."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        topic: Topic,
        group: str,
        # One clock for all processes since the machine's start: nobody sets it, and it never jumps.
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.member = secrets.token_hex(8)
        self.claims: dict[int, Claim] = {}
        self._connection = connection
        self._topic = topic
        self._group = group
        self._monotonic = monotonic
        self._signed_at: float | None = None
        with writing(connection):
            connection.executemany(
                "INSERT OR IGNORE INTO claims (topic, team, part) VALUES (?, ?, ?)",
                ((topic.id, group, part) for part in range(topic.partitions)),
            )

    @property
    def due(self) -> bool:
        """Whether it is time for a sign of life."""
        return self._signed_at is None or self._monotonic() - self._signed_at >= SIGN_SECONDS

    def sign(self, *, give_up_surplus: bool) -> None:
        """Show a sign of life, strike off who shows none, and claim a fair share of the partitions.

        Partitions beyond the share are given up only if the caller has nothing of them in hand. `claims` holds
        what is ours afterwards.
        """
        now = self._monotonic()
        scope = {"topic": self._topic.id, "team": self._group, "member": self.member}
        with writing(self._connection):
            self._connection.execute(
                "INSERT INTO members VALUES (:topic, :team, :member, :now) "
                "ON CONFLICT DO UPDATE SET alive_at = excluded.alive_at",
                {**scope, "now": now},
            )
            # Later than now: from before the machine was last started.
            self._connection.execute(
                "DELETE FROM members WHERE topic = :topic AND team = :team AND (alive_at < :dead OR alive_at > :now)",
                {**scope, "dead": now - EXPIRY_SECONDS, "now": now},
            )
            self._connection.execute(
                "UPDATE claims SET member = NULL, token = token + 1 WHERE topic = :topic AND team = :team "
                "AND member NOT IN (SELECT member FROM members WHERE topic = :topic AND team = :team)",
                scope,
            )
            share = self._share()
            held = self._held()
            if give_up_surplus:
                for part in sorted(held)[share:]:
                    self._hand_over(part, None)
            free = self._connection.execute(
                "SELECT part FROM claims WHERE topic = :topic AND team = :team AND member IS NULL ORDER BY part", scope
            ).fetchall()
            # What this very call gave up is beyond the share: nothing of it comes back here.
            for (part,) in free[: max(0, share - len(held))]:
                self._hand_over(part, self.member)
            self.claims = self._held()
        self._signed_at = now

    def leave(self) -> None:
        """Give everything up at once."""
        with writing(self._connection):
            for part in self._held():
                self._hand_over(part, None)
            self._connection.execute(
                "DELETE FROM members WHERE topic = ? AND team = ? AND member = ?",
                (self._topic.id, self._group, self.member),
            )
        self.claims = {}

    def _share(self) -> int:
        members = self._connection.execute(
            "SELECT member FROM members WHERE topic = ? AND team = ? ORDER BY member", (self._topic.id, self._group)
        ).fetchall()
        least, rest = divmod(self._topic.partitions, len(members))
        return least + (members.index((self.member,)) < rest)

    def _held(self) -> dict[int, Claim]:
        rows = self._connection.execute(
            "SELECT part, token, next FROM claims WHERE topic = ? AND team = ? AND member = ?",
            (self._topic.id, self._group, self.member),
        )
        return {part: Claim(token=token, next=following) for part, token, following in rows}

    def _hand_over(self, part: int, to: str | None) -> None:
        self._connection.execute(
            "UPDATE claims SET member = ?, token = token + 1 WHERE topic = ? AND team = ? AND part = ?",
            (to, self._topic.id, self._group, part),
        )
