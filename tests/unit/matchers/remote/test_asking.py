"""One page asked of a provider's server: TLS, credentials, patience, bounds."""

import gzip
import logging
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from time import time

import pytest

from crawler.contract.config import converted
from crawler.contract.errors import ConfigError
from matchers.known.remote.client import ListClient
from matchers.known.remote.configuration import RemoteTable
from matchers.known.remote.errors import RemoteRefusedError, RemoteUnavailableError
from tests.list_servers.server import Answer, Asked, ListServer
from tests.services.redis_certificates import Authority, Certificate

PAGE = b"<a page/>"
TARGET = "?token=tell-nobody"


def well(_: Asked) -> Answer:
    return Answer(200, PAGE)


@pytest.fixture
def server() -> Iterator[ListServer]:
    with ListServer(well) as listening:
        yield listening


class Waits(list[float]):
    """Pauses that are noted instead of made."""


@pytest.fixture
def waits() -> Waits:
    return Waits()


Asks = Callable[..., AbstractContextManager[ListClient]]


@pytest.fixture
def asking(waits: Waits, tmp_path: Path) -> Asks:
    @contextmanager
    def opened(url: str, **keys: object) -> Iterator[ListClient]:
        values = {"kind": "ncmec", "timeout_seconds": 2, "url": url} | keys
        # As the file has them: paths are texts.
        values |= {name: str(value) for name, value in values.items() if isinstance(value, Path)}
        table = converted(values, RemoteTable, tmp_path, "a test", see="the tests")
        client = ListClient("a list", table, clock=time, pause=waits.append, chance=lambda: 0.5)
        yield client
        client.close()

    return opened


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    return authority.sign("server")


def secret(folder: Path, text: str) -> Path:
    path = folder / "password"
    path.touch(mode=0o600)
    path.write_text(text + "\n")
    return path


def test_a_page_comes_as_it_was_sent(server: ListServer, asking: Asks) -> None:
    with asking(server.origin + "/npo/") as client:
        assert client.get("/v2/entries?from=x") == PAGE
    assert server.asked[0].target == "/npo/v2/entries?from=x"


def test_a_page_may_come_packed(server: ListServer, asking: Asks) -> None:
    server.first.append(Answer(200, gzip.compress(PAGE), {"Content-Encoding": "gzip"}))
    with asking(server.origin) as client:
        assert client.get(TARGET) == PAGE
    assert server.asked[0].headers["Accept-Encoding"] == "gzip"


def test_a_page_may_come_in_chunks(server: ListServer, asking: Asks) -> None:
    server.first.append(Answer(200, b"4\r\n<a p\r\n5\r\nage/>\r\n0\r\n\r\n", {"Transfer-Encoding": "chunked"}))
    with asking(server.origin) as client:
        assert client.get(TARGET) == PAGE


def test_user_and_password_are_sent_as_the_provider_knows_them(
    server: ListServer, asking: Asks, tmp_path: Path
) -> None:
    with asking(server.origin, user="hotline", password_file=secret(tmp_path, "gehëim")) as client:
        client.get(TARGET)
    assert server.asked[0].headers["Authorization"] == "Basic aG90bGluZTpnZWjDq2lt"  # RFC 7617: UTF-8


@pytest.mark.parametrize(("status", "remedy"), [(401, "password_file"), (403, "certificate_file"), (404, "url")])
def test_a_refusal_says_what_to_do_and_is_not_tried_again(
    server: ListServer, asking: Asks, waits: Waits, status: int, remedy: str
) -> None:
    server.first.append(Answer(status))
    with asking(server.origin) as client, pytest.raises(RemoteRefusedError, match=remedy) as caught:
        client.get(TARGET)
    assert caught.value.status == status
    assert (len(server.asked), waits) == (1, [])


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again_a_little_later(
    server: ListServer, asking: Asks, waits: Waits, status: int
) -> None:
    server.first.extend([Answer(status), Answer(status), Answer(status)])
    with asking(server.origin) as client:
        assert client.get(TARGET) == PAGE
    assert waits == [0.75, 1.5, 3.0]


def test_a_server_that_stays_busy_is_left_alone_after_so_many_attempts(
    server: ListServer, asking: Asks, waits: Waits
) -> None:
    server.first.extend([Answer(503)] * 5)
    with asking(server.origin, attempts=3) as client, pytest.raises(RemoteUnavailableError, match="status 503"):
        client.get(TARGET)
    assert (len(server.asked), len(waits)) == (3, 2)


def test_retry_after_is_heeded_in_seconds(server: ListServer, asking: Asks, waits: Waits) -> None:
    server.first.append(Answer(429, headers={"Retry-After": "17"}))
    with asking(server.origin) as client:
        assert client.get(TARGET) == PAGE
    assert waits == [17.0]


def test_retry_after_is_heeded_as_a_date(server: ListServer, asking: Asks, waits: Waits) -> None:
    then = datetime.now(UTC) + timedelta(seconds=90)
    server.first.append(Answer(503, headers={"Retry-After": format_datetime(then, usegmt=True)}))
    with asking(server.origin) as client:
        assert client.get(TARGET) == PAGE
    assert 80 < waits[0] <= 90


def test_who_asks_for_a_long_rest_gets_it(server: ListServer, asking: Asks, waits: Waits) -> None:
    server.first.append(Answer(429, headers={"Retry-After": "7200"}))
    with asking(server.origin) as client, pytest.raises(RemoteUnavailableError) as caught:
        client.get(TARGET)
    assert (caught.value.wait_seconds, waits) == (7200.0, [])


@pytest.mark.parametrize(
    "cut",
    [
        Answer(200, PAGE, cut_after=4),
        Answer(200, b"4\r\n<a p\r\n5\r\nag", {"Transfer-Encoding": "chunked"}, cut_after=12),
        Answer(200, gzip.compress(PAGE)[:-9], {"Content-Encoding": "gzip"}),
        Answer(200, PAGE, cut_after=0),
    ],
    ids=["with a length", "in chunks", "packed", "before its first byte"],
)
def test_a_body_that_breaks_off_is_asked_for_again(server: ListServer, asking: Asks, waits: Waits, cut: Answer) -> None:
    server.first.append(cut)
    with asking(server.origin) as client:
        assert client.get(TARGET) == PAGE
    assert (len(server.asked), waits) == (2, [0.75])


def test_a_server_that_says_nothing_is_asked_again(server: ListServer, asking: Asks, waits: Waits) -> None:
    server.first.append(Answer(200, PAGE, trickle=1.0))
    with asking(server.origin, timeout_seconds=0.2) as client:
        assert client.get(TARGET) == PAGE
    assert len(waits) == 1


def test_a_page_that_drips_is_not_waited_for_forever(server: ListServer, asking: Asks) -> None:
    server.first.append(Answer(200, b" " * 10_000, trickle=0.01))
    with (
        asking(server.origin, timeout_seconds=0.05, attempts=1) as client,
        pytest.raises(RemoteUnavailableError, match="too slowly"),
    ):
        client.get(TARGET)


def test_nobody_there_is_worth_another_try(asking: Asks, waits: Waits) -> None:
    with ListServer(well) as gone:
        origin = gone.origin
    with asking(origin, attempts=2) as client, pytest.raises(RemoteUnavailableError):
        client.get(TARGET)
    assert len(waits) == 1


def test_a_page_beyond_the_bound_is_refused(server: ListServer, asking: Asks) -> None:
    server.first.append(Answer(200, b" " * 5000))
    with (
        asking(server.origin, most_page_bytes=4096) as client,
        pytest.raises(RemoteRefusedError, match="most_page_bytes"),
    ):
        client.get(TARGET)
    assert len(server.asked) == 1


def test_a_page_that_unpacks_to_more_than_the_bound_is_refused_before_it_takes_memory(
    server: ListServer, asking: Asks
) -> None:
    squeezing = zlib.compressobj(wbits=31)
    bomb = b"".join([squeezing.compress(bytes(1 << 20)) for _ in range(100)]) + squeezing.flush()
    server.first.append(Answer(200, bomb, {"Content-Encoding": "gzip"}))
    with asking(server.origin, most_page_bytes=1 << 20) as client:
        tracemalloc.start()
        try:
            with pytest.raises(RemoteRefusedError, match="most_page_bytes"):
                client.get(TARGET)
            assert tracemalloc.get_traced_memory()[1] < 20 << 20
        finally:
            tracemalloc.stop()


def test_a_packing_that_was_not_asked_for_is_refused(server: ListServer, asking: Asks) -> None:
    server.first.append(Answer(200, PAGE, {"Content-Encoding": "br"}))
    with asking(server.origin) as client, pytest.raises(RemoteRefusedError, match="packed"):
        client.get(TARGET)


def test_a_redirect_on_the_same_server_is_followed(server: ListServer, asking: Asks) -> None:
    server.first.append(Answer(307, headers={"Location": "/elsewhere?x=1"}))
    with asking(server.origin) as client:
        assert client.get(TARGET) == PAGE
    assert server.asked[1].target == "/elsewhere?x=1"


def test_a_redirect_to_another_server_is_refused_and_tells_it_nothing(server: ListServer, asking: Asks) -> None:
    with ListServer(well) as other:
        server.first.append(Answer(302, headers={"Location": f"{other.origin}/v2/entries"}))
        with asking(server.origin) as client, pytest.raises(RemoteRefusedError, match="another server"):
            client.get(TARGET)
        assert other.asked == []


def test_redirects_in_a_circle_are_refused(server: ListServer, asking: Asks) -> None:
    server.first.extend([Answer(302, headers={"Location": "/again"})] * 10)
    with asking(server.origin) as client, pytest.raises(RemoteRefusedError, match="again and again"):
        client.get(TARGET)
    assert len(server.asked) == 4


def test_a_provider_whose_clock_disagrees_is_refused_since_times_would_be_missed(
    server: ListServer, asking: Asks
) -> None:
    then = datetime.now(UTC) - timedelta(hours=1)
    server.first.append(Answer(200, PAGE, {"Date": format_datetime(then, usegmt=True)}))
    with asking(server.origin) as client, pytest.raises(RemoteRefusedError, match="clock"):
        client.get(TARGET)


def test_https_is_read_with_the_providers_own_authority(
    asking: Asks, authority: Authority, certificate: Certificate
) -> None:
    with (
        ListServer(well, certificate=certificate) as server,
        asking(server.origin, ca_file=authority.certificate) as client,
    ):
        assert client.get(TARGET) == PAGE


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(
    asking: Asks, certificate: Certificate, waits: Waits
) -> None:
    with (
        ListServer(well, certificate=certificate) as server,
        asking(server.origin) as client,
        pytest.raises(RemoteRefusedError, match="ca_file"),
    ):
        client.get(TARGET)
    assert waits == []
    assert server.asked == []


def test_a_certificate_for_another_name_is_refused(asking: Asks, authority: Authority) -> None:
    with (
        ListServer(well, certificate=authority.sign("other", "127.0.0.2")) as server,
        asking(server.origin, ca_file=authority.certificate) as client,
        pytest.raises(RemoteRefusedError, match="not to be trusted"),
    ):
        client.get(TARGET)


def test_a_client_certificate_opens_what_asks_for_one(
    asking: Asks, authority: Authority, certificate: Certificate
) -> None:
    ours = authority.sign("client")
    with (
        ListServer(well, certificate=certificate, clients_of=authority.certificate) as server,
        asking(
            server.origin, ca_file=authority.certificate, certificate_file=ours.certificate, key_file=ours.key
        ) as client,
    ):
        assert client.get(TARGET) == PAGE


def test_without_the_client_certificate_it_says_which_keys_to_look_at(
    asking: Asks, authority: Authority, certificate: Certificate
) -> None:
    with (
        ListServer(well, certificate=certificate, clients_of=authority.certificate) as server,
        asking(server.origin, ca_file=authority.certificate, attempts=2) as client,
        pytest.raises(RemoteRefusedError, match="certificate_file"),
    ):
        client.get(TARGET)


def test_a_proxy_of_the_environment_is_not_used(
    server: ListServer, asking: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with asking(server.origin, attempts=1) as client:
        assert client.get(TARGET) == PAGE


def test_a_proxy_that_the_table_names_is_used(server: ListServer, asking: Asks) -> None:
    with asking("http://127.0.0.1:9/lists", proxy=server.origin) as client:
        assert client.get("?a=1") == PAGE
    assert server.asked[0].target == "http://127.0.0.1:9/lists?a=1"


@pytest.mark.parametrize(
    "answers",
    [
        [Answer(401)],
        [Answer(503)] * 6,
        [Answer(200, PAGE, cut_after=2)] * 6,
        [Answer(302, headers={"Location": "https://elsewhere.example/?token=tell-nobody"})],
        [Answer(302, headers={"Location": "http://[bad?token=tell-nobody"})],
        [Answer(200, b"tell-nobody", {"Content-Encoding": "gzip"})],
    ],
    ids=["401", "busy", "cut off", "moved", "moved nowhere", "not packed"],
)
def test_neither_query_nor_password_nor_answer_is_in_logs_or_errors(
    server: ListServer, asking: Asks, caplog: pytest.LogCaptureFixture, tmp_path: Path, answers: list[Answer]
) -> None:
    server.first.extend(answers)
    with (
        caplog.at_level(logging.DEBUG),
        asking(server.origin, user="hotline", password_file=secret(tmp_path, "sesame")) as client,
        pytest.raises((RemoteRefusedError, RemoteUnavailableError)) as caught,
    ):
        client.get(TARGET)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    told = caplog.text + str(caught.value) + repr(caught.value)
    assert all(hidden not in told for hidden in ("tell-nobody", "sesame", "c2VzYW1l", "hotline:"))
    assert "a list" in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "remedy"),
    [
        ({"url": "http://lists.example/npo"}, "https"),
        ({"url": "ftp://lists.example"}, "https://name/path"),
        ({"url": "lists.example"}, "https://name/path"),
        ({"url": "https://me:secret@lists.example"}, "password_file"),
        ({"url": "https://lists.example/?from=1"}, "bears no"),
        ({"url": "https://lists.example:x"}, "no address"),
        ({"url": "https://api.stopncii.org/v1/FetchHashes"}, "adults"),
        ({"user": "hotline"}, "go together"),
        ({"certificate_file": "a.pem"}, "go together"),
        ({"ca_file": "not/there.pem"}, "ca_file"),
        ({"proxy": "socks://127.0.0.1"}, "proxy"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(asking: Asks, keys: dict[str, object], remedy: str) -> None:
    with pytest.raises(ConfigError, match=remedy), asking(**{"url": "https://lists.example"} | keys):
        pass


def test_secrets_that_others_may_read_are_refused(asking: Asks, tmp_path: Path, authority: Authority) -> None:
    password = secret(tmp_path, "sesame")
    password.chmod(0o640)
    with (
        pytest.raises(ConfigError, match="chmod 600"),
        asking("https://lists.example", user="hotline", password_file=password),
    ):
        pass
    ours = authority.sign("careless")
    ours.key.chmod(0o644)
    with (
        pytest.raises(ConfigError, match="chmod 600"),
        asking("https://lists.example", certificate_file=ours.certificate, key_file=ours.key),
    ):
        pass
