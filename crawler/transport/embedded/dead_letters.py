"""What was put aside in the embedded log: listing it, and publishing it again."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from crawler.contract.clock import Clock
from crawler.contract.transport import DeadLetter
from crawler.transport.embedded import database
from crawler.transport.embedded.appending import append

_AT_ONCE = 500


class EmbeddedDeadLetters:
    """`DeadLetters` on the embedded log. A letter goes in the very transaction that publishes it: never twice."""

    def __init__(self, path: Path, topic: str, *, partitions: int, clock: Clock = time.time) -> None:
        self._connection = database.connect(path)
        self._topic = database.open_topic(self._connection, topic, partitions)
        self._clock = clock

    def letters(self) -> Iterator[DeadLetter]:
        """The letters, oldest first, as the file has them while it is read."""
        last = 0
        while True:
            with database.translated():
                rows = self._connection.execute(
                    "SELECT id, key, value, reason, at FROM dead_letters "
                    "WHERE topic = ? AND id > ? ORDER BY id LIMIT ?",
                    (self._topic.id, last, _AT_ONCE),
                ).fetchall()
            for number, key, value, reason, at in rows:
                yield DeadLetter(
                    id=f"0-{number}",
                    topic=self._topic.name,
                    key=key,
                    value=value,
                    reason=reason,
                    at=datetime.fromtimestamp(at, UTC),
                )
                last = number
            if not rows:
                return

    def replay(self, ids: Sequence[str] | None = None) -> int:
        """Publish all letters or those named; what is not there (any more) is passed over."""
        wanted = None if ids is None else set(ids)
        # Gathered first: a replayed letter that is put aside again must not be met by the same call.
        chosen = [letter.id for letter in self.letters() if wanted is None or letter.id in wanted]
        replayed = 0
        for begin in range(0, len(chosen), _AT_ONCE):
            with database.writing(self._connection):
                for each in chosen[begin : begin + _AT_ONCE]:
                    replayed += self._replay(int(each.removeprefix("0-")))
        return replayed

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _replay(self, number: int) -> int:
        """1, or 0 when another replay was quicker."""
        found = self._connection.execute(
            "DELETE FROM dead_letters WHERE id = ? RETURNING key, value", (number,)
        ).fetchone()
        if found is None:
            return 0
        append(self._connection, self._topic, [(found[0], found[1])], at=self._clock())
        return 1
