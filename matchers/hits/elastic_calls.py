"""Asking Elasticsearch: bounded retries with back-off, and its errors turned into the port's.

Its own error texts are not passed on: they repeat fields of documents.
"""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from elastic_transport import ApiError, TlsError, TransportError
from elasticsearch import UnsupportedProductError

from matchers.contract.errors import StoreRefusedError, StoreUnavailableError

BUSY: Final = frozenset({408, 429, 500, 502, 503, 504})
"""Overloaded, starting, or without a master or a shard just now: worth another try. All else is an answer."""

_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 5.0
_ADVICE: Final = {
    400: "Its mapping does not fit this version: run the version that made the indices, or other indices by `prefix`.",
    401: "Check `user` and `password_file` under [hits].",
    403: "The user under [hits] needs read, write and view_index_metadata on our indices, and none may be blocked.",
    404: "An index is missing: a restart makes it again, if the user under [hits] may.",
    413: "It takes no request as large as this: raise http.max_content_length there.",
}

T = TypeVar("T")
Sleep = Callable[[float], object]


class MissingError(StoreRefusedError):
    """What was asked for is not there (status 404)."""


def pauses(attempts: int) -> list[float]:
    """Seconds to wait before each attempt but the first: doubling, to a limit."""
    return [min(_FIRST_PAUSE * 2**number, _LONGEST_PAUSE) for number in range(attempts - 1)]


def ask(request: Callable[[], T], *, attempts: int, sleep: Sleep = time.sleep) -> T:
    """The answer to a request that is safe to repeat.

    Raises `StoreUnavailableError` when none of the attempts was answered, `StoreRefusedError` (`MissingError` for
    a 404) when the answer was no.
    """
    for pause in pauses(attempts):
        try:
            return _once(request)
        except StoreUnavailableError:
            sleep(pause)
    return _once(request)


def refusal(status: int, kind: str) -> StoreRefusedError:
    """The error for an answer that repeating will not change. `kind` is Elasticsearch's name of it."""
    advice = _ADVICE.get(status, "See Elasticsearch's own log.")
    error = MissingError if status == 404 else StoreRefusedError  # noqa: PLR2004 - HTTP's number says more than a name
    return error(f"Elasticsearch refused ({status}, {kind}). {advice}")


def _once(request: Callable[[], T]) -> T:
    try:
        return request()
    except TlsError:
        raise StoreRefusedError(
            "Elasticsearch's certificate is not trusted. Check `urls` and `ca_file` under [hits]."
        ) from None
    except TransportError as error:
        raise StoreUnavailableError(
            f"Elasticsearch does not answer ({type(error).__name__}). Check `urls` under [hits] and the servers."
        ) from None
    except UnsupportedProductError:
        raise StoreRefusedError("What answers at `urls` under [hits] is no Elasticsearch 8 or 9.") from None
    except ApiError as error:
        if error.meta.status in BUSY:
            raise StoreUnavailableError(f"Elasticsearch is not ready (status {error.meta.status}).") from None
        raise refusal(error.meta.status, kind_of(error.body)) from None


def kind_of(body: object) -> str:
    """The type of the error in an answer: a name such as `mapper_parsing_exception`, never its text."""
    found = body.get("error", body) if isinstance(body, dict) else body
    kind = found.get("type") if isinstance(found, dict) else None
    return kind if isinstance(kind, str) and kind.replace("_", "").isalnum() else "no reason given"
