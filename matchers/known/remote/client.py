"""Asks a provider for one page at a time: TLS verified, bounded in time and size, patient with a busy server.

What it raises names the list and the remedy, never the address's query, a credential or anything of an answer.
"""

import base64
import logging
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Timeout
from urllib3.exceptions import HTTPError, LocationValueError, SSLError
from urllib3.util import Url, parse_url

from crawler.contract.clock import Clock
from crawler.contract.config import read_secret
from crawler.contract.errors import ConfigError
from matchers.known.remote.bodies import read_body
from matchers.known.remote.configuration import RemoteTable, checked_url
from matchers.known.remote.errors import RemoteRefusedError, RemoteUnavailableError
from matchers.known.remote.patience import LONGEST_PAUSE, Chance, clock_skew, pause_after, retry_after

Pause = Callable[[float], object]
"""Waits for so many seconds, as `time.sleep` does. One that raises ends the fetch; what was fetched is kept."""

_AGENT: Final = "zoeklicht"
_MOST_HOPS: Final = 3
_MOST_SKEW: Final = 300.0
_PAGE_TIMEOUTS: Final = 10
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_AGAIN: Final = frozenset({408, 425, 429})
_PORTS: Final = {"http": 80, "https": 443}


class ListClient:
    """One provider's server. Not for several threads."""

    def __init__(self, name: str, table: RemoteTable, *, clock: Clock, pause: Pause, chance: Chance) -> None:
        """`name` is the list's. Raises `ConfigError` when the table or a file it names cannot be used."""
        # urllib3 writes every request's target, query included, when a process logs at its lowest level.
        logging.getLogger("urllib3").setLevel(logging.INFO)
        self._name = name
        self._table = table
        self._base = checked_url(name, table).url.rstrip("/")
        self._clock = clock
        self._pause = pause
        self._chance = chance
        self._headers = {"User-Agent": _AGENT, "Accept-Encoding": "gzip", **_login(name, table)}
        self._pool = _pool(name, table)

    def get(self, target: str) -> bytes:
        """The body of the answer to `url` + `target`, which begins with `/` or `?` or is empty.

        Tries again after what may pass (no answer, broken connections, 408, 425, 429, 5xx), as often as the table
        says and as late as the provider says. Raises `RemoteUnavailableError` when that did not help, and
        `RemoteRefusedError` at once for anything else but a 200.
        """
        for attempt in range(1, self._table.attempts + 1):
            try:
                return self._once(target)
            except RemoteUnavailableError as error:
                pause = pause_after(attempt, self._chance) if error.wait_seconds is None else error.wait_seconds
                if attempt == self._table.attempts or pause > LONGEST_PAUSE:
                    raise
            self._pause(pause)
        raise AssertionError("attempts is at least 1")

    def close(self) -> None:
        """Let go of the connection."""
        self._pool.clear()

    def _once(self, target: str) -> bytes:
        url = self._base + target
        until = self._clock() + _PAGE_TIMEOUTS * self._table.timeout_seconds
        try:
            for _ in range(_MOST_HOPS + 1):
                answer = self._pool.request(
                    "GET", url, headers=self._headers, redirect=False, preload_content=False, decode_content=False
                )
                try:
                    if answer.status not in _MOVED:
                        self._judge(answer)
                        return read_body(answer, most_bytes=self._table.most_page_bytes, until=until, now=self._clock)
                    url = self._moved(url, answer.headers.get("Location"))
                finally:
                    # Closed, not given back: a body that was not read to its end must not stay in the pool.
                    answer.close()
        except (RemoteUnavailableError, RemoteRefusedError) as error:
            error.args = (f"{self._name}: the provider {error.args[0]}",)
            raise
        except (HTTPError, OSError) as error:
            raise self._broken(error) from None
        except ValueError:
            raise RemoteRefusedError(f"{self._name}: the provider sends us on to no address. Tell it.") from None
        raise RemoteRefusedError(f"{self._name}: the provider sends us on again and again. Check `url`.")

    def _judge(self, answer: BaseHTTPResponse) -> None:
        """Raises for everything but a 200 of a server whose clock agrees with ours."""
        status = answer.status
        now = self._clock()
        if status in _AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            wait = retry_after(answer.headers.get("Retry-After"), now)
            asked = f" and asks to be left alone for {wait:.0f} s" if wait is not None else ""
            raise RemoteUnavailableError(f"is busy or out of order (status {status}){asked}.", wait_seconds=wait)
        if status == HTTPStatus.UNAUTHORIZED:
            raise RemoteRefusedError(
                "does not know us (status 401). Check `user` and `password_file`; passwords may have to be renewed.",
                status=status,
            )
        if status == HTTPStatus.FORBIDDEN:
            raise RemoteRefusedError(
                "does not let us read this list (status 403). Ask it whether this account may, and from this "
                "machine's address, and whether it wants a client certificate (`certificate_file`).",
                status=status,
            )
        if status != HTTPStatus.OK:
            raise RemoteRefusedError(f"answers with status {status}. Check `kind` and `url`.", status=status)
        ahead = clock_skew(answer.headers.get("Date"), now)
        if abs(ahead) > _MOST_SKEW:
            raise RemoteRefusedError(
                f"has a clock {abs(ahead):.0f} s {'behind' if ahead > 0 else 'ahead of'} ours: what is new would be "
                "missed. Set this machine's clock (NTP), or tell the provider."
            )

    def _moved(self, url: str, location: str | None) -> str:
        """Where a redirect leads. Only to the same origin: elsewhere our credentials are nobody's business."""
        if location is None:
            raise RemoteRefusedError("sends us on without saying where. Tell the provider.")
        there = urljoin(url, location)
        if _origin(parse_url(there)) != _origin(parse_url(url)):
            raise RemoteRefusedError("sends us on to another server. If it has moved, ask it and change `url`.")
        return there

    def _broken(self, error: HTTPError | OSError) -> RemoteUnavailableError | RemoteRefusedError:
        """An error for what urllib3 raised, without its text: that repeats the address."""
        if isinstance(error, LocationValueError):
            return RemoteRefusedError(f"{self._name}: the provider named an address that is none. Tell it.")
        cause = error.args[0] if isinstance(error, SSLError) and error.args else error
        if isinstance(cause, ssl.SSLCertVerificationError):
            return RemoteRefusedError(
                f"{self._name}: the provider's certificate is not to be trusted ({cause.verify_message}). "
                "If it is signed by an authority of the provider's own, name that in `ca_file`."
            )
        if isinstance(cause, ssl.SSLError) and "ALERT" in (cause.reason or ""):
            return RemoteRefusedError(
                f"{self._name}: the provider broke off the TLS handshake ({cause.reason}). It may want a client "
                "certificate, or another one: check `certificate_file` and `key_file`."
            )
        return RemoteUnavailableError(
            f"{self._name}: no whole answer from the provider ({type(error).__name__}). Is the network up? "
            "A server that wants a client certificate may hang up like this, too."
        )


def _origin(url: Url) -> tuple[str | None, str | None, int | None]:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme or "")


def _login(name: str, table: RemoteTable) -> dict[str, str]:
    """The header of basic authentication (RFC 7617, UTF-8), if there is a user."""
    place = f"[known.remote.{name}]"
    if (table.user is None) != (table.password_file is None):
        raise ConfigError(f"{place}: `user` and `password_file` go together.")
    if table.user is None or table.password_file is None:
        return {}
    if ":" in table.user:
        raise ConfigError(f"{place}: `user` cannot have a colon.")
    password = read_secret(table.password_file, f"{place} password_file")
    return {"Authorization": "Basic " + base64.b64encode(f"{table.user}:{password}".encode()).decode("ascii")}


def _pool(name: str, table: RemoteTable) -> PoolManager:
    """urllib3 reads no proxies from the environment by itself: there are those that the table names, or none."""
    place = f"[known.remote.{name}]"
    context = _context(place, table)
    timeout = Timeout(connect=table.timeout_seconds, read=table.timeout_seconds)
    if table.proxy is None:
        return PoolManager(num_pools=1, ssl_context=context, timeout=timeout, retries=False)
    try:
        return ProxyManager(table.proxy, num_pools=1, ssl_context=context, timeout=timeout, retries=False)
    except (HTTPError, ValueError):
        raise ConfigError(f"{place}: `proxy` must look like http://name:port.") from None


def _context(place: str, table: RemoteTable) -> ssl.SSLContext:
    if (table.certificate_file is None) != (table.key_file is None):
        raise ConfigError(f"{place}: `certificate_file` and `key_file` go together.")
    try:
        context = ssl.create_default_context(cafile=None if table.ca_file is None else str(table.ca_file))
    except OSError as error:
        raise ConfigError(f"{place}: ca_file: {table.ca_file} is of no use ({type(error).__name__}).") from None
    if table.certificate_file is not None and table.key_file is not None:
        read_secret(table.key_file, f"{place} key_file")
        try:
            # Without a password of its own OpenSSL would ask for one on the terminal.
            context.load_cert_chain(table.certificate_file, table.key_file, password="")
        except OSError as error:
            raise ConfigError(
                f"{place}: certificate_file and key_file cannot be used together ({type(error).__name__}). Both are "
                "PEM, the key is not encrypted and belongs to the certificate."
            ) from None
    return context
