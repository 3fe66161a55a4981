"""A small TCP forwarder before a server: an address that can be led elsewhere, a wire that can be cut or slow."""

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Self

_CHUNK = 65_536


class _Link:
    """One client's connection and the one to the server that belongs to it."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server

    def cut(self) -> None:
        """Both ends find their connection closed."""
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Forwarder:
    """A context manager that listens on a port of its own, on loopback, and forwards to another. Thread-safe."""

    def __init__(self, port: int, *, delay: float = 0.0) -> None:
        """Forward to `port`; each way takes `delay` seconds more."""
        self._towards = port
        self._delay = delay
        self._passing = True
        self._to_lose = 0
        self._links: set[_Link] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def lead_to(self, port: int) -> None:
        """From now on the address is that of another server. What is connected to the old one is cut off."""
        with self._lock:
            self._towards = port
        self.drop()

    def cut(self) -> None:
        """Nobody gets through until `mend`."""
        with self._lock:
            self._passing = False
        self.drop()

    def mend(self) -> None:
        """New connections get through again."""
        with self._lock:
            self._passing = True

    def drop(self) -> None:
        """Cut all connections that there are."""
        with self._lock:
            links = list(self._links)
        for link in links:
            link.cut()

    def lose_answers(self, count: int) -> None:
        """The next `count` times that the server answers, its answer is lost and the connection with it."""
        with self._lock:
            self._to_lose = count

    @property
    def answers_to_lose(self) -> int:
        """How many are still to be lost."""
        with self._lock:
            return self._to_lose

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Wakes the thread that accepts; closing alone does not.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        while self._threads:
            self._threads.pop().join(10)

    def _start(self, function: object, *arguments: object) -> threading.Thread:
        assert callable(function)
        thread = threading.Thread(target=function, args=arguments, name="forwarder", daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client:
            with self._lock:
                towards = self._towards
            try:
                server = socket.create_connection(("127.0.0.1", towards), timeout=5)
            except OSError:
                return
            with server:
                server.settimeout(None)
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                link = _Link(client, server)
                with self._lock:
                    # Whoever cuts sees this link, or this sees that it was cut.
                    if not self._passing or towards != self._towards:
                        return
                    self._links.add(link)
                back = self._start(self._answer, link)
                self._ask(link)
                back.join()
                with self._lock:
                    self._links.discard(link)

    def _ask(self, link: _Link) -> None:
        with contextlib.suppress(OSError):
            while data := link.client.recv(_CHUNK):
                time.sleep(self._delay)
                link.server.sendall(data)
        link.cut()

    def _answer(self, link: _Link) -> None:
        with contextlib.suppress(OSError):
            while data := link.server.recv(_CHUNK):
                time.sleep(self._delay)
                if self._loses():
                    break
                link.client.sendall(data)
        link.cut()

    def _loses(self) -> bool:
        with self._lock:
            if self._to_lose == 0:
                return False
            self._to_lose -= 1
            return True
