"""What a fetch can come to other than an answer worth reading, and what then becomes of its lease."""

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from twisted.internet.error import ConnectError, ConnectionClosed
from twisted.internet.error import TimeoutError as TwistedTimeoutError

from crawler.contract.reasons import Reason


class Verdict(IgnoreRequest):
    """Raised by downloader middlewares instead of handing a response on. IgnoreRequest keeps Scrapy from logging it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Refused(Verdict):
    """Final: by rule (scope, robots) or by the server's plain answer."""


class TryLater(Verdict):
    """Not now. Tried again after `wait` seconds (None: the usual back-off), a bounded number of times."""

    def __init__(self, reason: Reason, *, wait: float | None = None, whole_host: bool = False) -> None:
        super().__init__(reason)
        self.wait = wait
        self.whole_host = whole_host


class Withdrawn(Verdict):
    """Not now, through no fault of the site: the lease is given back as it was, and handed out when it may be."""

    def __init__(self) -> None:
        super().__init__(Reason.NOT_PERMITTED)


class Moved(Verdict):
    """A redirect: its target becomes a target of its own."""

    def __init__(self, location: str) -> None:
        super().__init__(Reason.REDIRECTED)
        self.location = location


_VERDICTS: tuple[tuple[tuple[type[BaseException], ...], type[Refused | TryLater], Reason], ...] = (
    # The only one besides us to raise IgnoreRequest is the middleware that decompresses, over the cap.
    ((DownloadCancelledError, IgnoreRequest), Refused, Reason.RESPONSE_TOO_LARGE),
    ((UnsupportedURLSchemeError,), Refused, Reason.UNSUPPORTED_SCHEME),
    ((DownloadTimeoutError, TwistedTimeoutError), TryLater, Reason.TIMEOUT),
    ((DownloadConnectionRefusedError, DownloadFailedError, ResponseDataLossError), TryLater, Reason.CONNECTION_FAILED),
    ((ConnectError, ConnectionClosed, OSError), TryLater, Reason.CONNECTION_FAILED),
)
"""In this order: some of them are kinds of others."""


def verdict_of(error: BaseException, refusal: Reason | None) -> Verdict:
    """The verdict that an exception of the download amounts to.

    `refusal`: why the resolver found no address it may connect to, if that was so.
    """
    if isinstance(error, Verdict):
        return error
    if isinstance(error, CannotResolveHostError):
        return Refused(refusal) if refusal else TryLater(Reason.DNS_FAILED)
    for kinds, verdict, reason in _VERDICTS:
        if isinstance(error, kinds):
            return verdict(reason)
    return Refused(Reason.PARSER_FAILED)
