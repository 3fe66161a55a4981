"""What a fetch can come to."""

import pytest
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError, DownloadCancelledError, DownloadTimeoutError
from scrapy.http import Response

from crawler.contract.reasons import Reason
from crawler.fetching.status import StatusMiddleware, retry_after
from crawler.fetching.verdicts import Moved, Refused, TryLater, Verdict, verdict_of

REQUEST = Request("http://host.example/a/b", meta={"lease": object()})


def judged(status: int, **headers: str) -> Verdict | None:
    response = Response(REQUEST.url, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        StatusMiddleware().process_response(REQUEST, response)
    except Verdict as verdict:
        return verdict
    return None


@pytest.mark.parametrize("status", [200, 203, 206])
def test_an_answer_with_something_to_read_goes_on(status: int) -> None:
    assert judged(status) is None


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, Reason.NOT_FOUND),
        (410, Reason.NOT_FOUND),
        (401, Reason.NEEDS_LOGIN),
        (403, Reason.FORBIDDEN),
        (451, Reason.FORBIDDEN),
        (418, Reason.UNEXPECTED_STATUS),
        (301, Reason.UNEXPECTED_STATUS),  # without a location
    ],
)
def test_a_plain_no_is_final(status: int, reason: Reason) -> None:
    verdict = judged(status)
    assert isinstance(verdict, Refused)
    assert verdict.reason is reason


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_names_its_absolute_target(status: int) -> None:
    verdict = judged(status, Location="../c")
    assert isinstance(verdict, Moved)
    assert verdict.location == "http://host.example/c"


@pytest.mark.parametrize("status", [429, 503])
def test_a_throttled_host_is_left_alone_as_long_as_it_asks(status: int) -> None:
    verdict = judged(status, Retry_After="120")
    assert isinstance(verdict, TryLater)
    assert verdict.whole_host
    assert verdict.wait == 120


def test_a_server_error_is_tried_again_with_the_usual_wait() -> None:
    verdict = judged(500)
    assert isinstance(verdict, TryLater)
    assert (verdict.wait, verdict.whole_host) == (None, False)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("0", 0),
        ("30", 30),
        ("99999999999", 86_400),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0),
    ],
)
def test_retry_after_is_read_in_both_spellings_and_bounded(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, now=10) == seconds


def test_a_name_that_leads_out_of_scope_is_refused_for_that_reason() -> None:
    verdict = verdict_of(CannotResolveHostError(), Reason.ADDRESS_NOT_PUBLIC)
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.ADDRESS_NOT_PUBLIC


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (CannotResolveHostError(), TryLater, Reason.DNS_FAILED),
        (DownloadTimeoutError(), TryLater, Reason.TIMEOUT),
        (ConnectionResetError(), TryLater, Reason.CONNECTION_FAILED),
        (DownloadCancelledError(), Refused, Reason.RESPONSE_TOO_LARGE),
        (ZeroDivisionError(), Refused, Reason.PARSER_FAILED),
    ],
)
def test_every_failure_of_a_download_has_a_reason(error: Exception, kind: type[Verdict], reason: Reason) -> None:
    verdict = verdict_of(error, None)
    assert isinstance(verdict, kind)
    assert verdict.reason is reason


def test_a_redirect_to_no_address_is_handed_on_as_it_was_written() -> None:
    verdict = judged(302, Location="http://[::1")
    assert isinstance(verdict, Moved)
    assert verdict.location == "http://[::1"
