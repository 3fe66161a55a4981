"""The known set's file as its store opens it: for quick look-ups, for long reading, for writing."""

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection
from typing import Final

from crawler.contract.clock import Clock
from crawler.sqlite_file import transaction
from matchers.contract.errors import StoreUnavailableError
from matchers.known.people import NotAllowedError
from matchers.known.schema import connect, connect_patiently, create, told_apart
from matchers.veil import Veil

_MERGING_CACHE_KIB: Final = 128 * 1024
_FULL: Final = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


class KnownFile:
    """Thread-safe, and shared by any number of processes on one machine."""

    def __init__(self, path: Path, clock: Clock, veil: Veil) -> None:
        create(path, veil.fingerprint)
        self._path = path
        self._clock = clock
        self._veil = veil
        self._lock = threading.Lock()
        self._connection = connect(path)

    @property
    def path(self) -> Path:
        """Its file; what belongs to it lies beside."""
        return self._path

    @property
    def veil(self) -> Veil:
        """What its hashes went through."""
        return self._veil

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def _shared(self) -> Iterator[Connection]:
        """The connection for what is quick. Nothing is written with it, so look-ups never wait for a writer."""
        with told_apart(self._path), self._lock:
            yield self._connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection of its own, at one version, for what takes long: the shared one stays free for look-ups."""
        with told_apart(self._path), self._opened() as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def _writing(self, rows: Path | None = None) -> Iterator[Connection]:
        """A transaction that waits for others', with that file of staged rows attached as `staged`."""
        with self._told_apart():
            connection = connect_patiently(self._path)
            try:
                if rows is not None:
                    if not rows.exists():
                        raise NotAllowedError("What was staged for this is gone. Import the file again.")
                    connection.execute(f"PRAGMA main.cache_size = -{_MERGING_CACHE_KIB}")
                    connection.execute("ATTACH ? AS staged", (str(rows),))
                with transaction(connection):
                    yield connection
            finally:
                connection.close()

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        connection = connect(self._path)
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def _told_apart(self) -> Iterator[None]:
        """As `told_apart`, and a full disk that shows outside of SQLite is told like one that shows in it."""
        try:
            with told_apart(self._path):
                yield
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise StoreUnavailableError(
                f"{self._path}: there is no room beside the known set ({errno.errorcode[error.errno]}). Nothing was "
                "changed: the set is as it was. Free space there, then do it again."
            ) from None
