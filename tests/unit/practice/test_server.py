import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest

from zoeklicht.practice.hazards import OUTSIDE
from zoeklicht.practice.touched import Touched
from zoeklicht.practice.truth import Truth

COMMAND = (sys.executable, "-c", "from zoeklicht.commands.practice import practice; practice()")


@pytest.fixture(scope="module")
def full_port() -> Iterator[int]:
    with serving("--features", "all") as (_, port):
        yield port


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A practice web of its own in a process of its own, on a free port."""
    process = subprocess.Popen(
        [*COMMAND, "--pictures", "60", "--features", "basic", *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()
        assert ready.startswith("practice web on http://127.0.0.2:"), ready
        yield process, int(ready.split(":")[2].split("/")[0])
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving() as (_, port):
        yield port


def ask(
    address: str,
    port: int,
    target: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(address, port, timeout=20)
    try:
        connection.request(method, target, body, dict(headers or {}))
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def touched(port: int) -> Touched:
    return msgspec.json.decode(ask("127.0.0.1", port, "/-/touched")[2], type=Touched)


def test_pages_and_pictures_are_served_without_caching_headers(port: int) -> None:
    status, headers, body = ask("127.0.0.2", port, "/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"all albums" in body
    truth = msgspec.json.decode(ask("127.0.0.1", port, "/-/truth")[2], type=Truth)
    address, _, target = truth.planted[0].url.removeprefix("http://").partition("/")
    status, headers, body = ask(address.split(":")[0], port, f"/{target}")
    assert status == 200
    assert headers["content-type"].startswith("image/")
    assert len(body) == int(headers["content-length"]) > 1000
    assert not {"etag", "last-modified", "cache-control", "expires", "set-cookie"} & headers.keys()


def test_a_head_request_gets_no_body(port: int) -> None:
    status, headers, body = ask("127.0.0.2", port, "/", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 0


def test_redirects_name_their_target(port: int) -> None:
    status, headers, _ = ask("127.0.0.2", port, "/go/inside")
    assert (status, headers["location"]) == (302, "http://10.0.0.1/full/1.jpg")


def test_what_no_page_leads_to_is_not_found_and_counted(port: int) -> None:
    before = touched(port).unknown
    assert ask("127.0.0.3", port, "/nothing")[0] == 404
    assert touched(port).unknown == before + 1


def test_each_forbidden_kind_is_counted(port: int) -> None:
    before = touched(port).forbidden
    ask("127.0.0.2", port, "/logout?sid=3f2a")
    ask("127.0.0.2", port, "/private/1.jpg")
    ask("127.0.0.2", port, "/private/what-no-page-names")
    ask(OUTSIDE, port, "/full/1.jpg")
    ask("127.0.0.2", port, "/", "POST")
    after = touched(port).forbidden
    gained = {kind: after[kind] - before[kind] for kind in after if after[kind] != before[kind]}
    assert gained == {"acting": 1, "robots": 2, "outside": 1, "method": 1}


def test_repeated_requests_are_told_from_first_ones(port: int) -> None:
    before = touched(port)
    for _ in range(3):
        ask("127.0.0.8", port, "/avatars/none.gif")
    ask("127.0.0.8", port, "/robots.txt")
    after = touched(port)
    assert after.pictures.requests == before.pictures.requests + 3
    assert after.pictures.distinct == before.pictures.distinct + 1
    assert after.pictures.duplicates == before.pictures.duplicates + 2
    assert after.robots_txt.distinct == 1
    gap = after.hosts["127.0.0.8"].smallest_gap_s
    assert gap is not None
    assert 0 < gap < 10


def test_with_latency_answers_take_their_time_and_overlap_is_noticed() -> None:
    with serving("--latency-ms", "150") as (_, port):
        began = time.monotonic()
        together = [threading.Thread(target=ask, args=("127.0.0.2", port, "/")) for _ in range(3)]
        for each in together:
            each.start()
        for each in together:
            each.join()
        ask("127.0.0.3", port, "/robots.txt")
        assert time.monotonic() - began >= 0.3
        hosts = touched(port).hosts
        assert hosts["127.0.0.2"].most_at_once >= 2
        assert hosts["127.0.0.3"].most_at_once == 1


def test_truth_and_known_list_are_written_before_it_is_ready_and_sigterm_ends_it_well(tmp_path: Path) -> None:
    truth, known = tmp_path / "truth.json", tmp_path / "known.csv"
    with serving("--truth", str(truth), "--known", str(known), "--prepaint") as (process, port):
        assert f":{port}/" in json.loads(truth.read_bytes())["planted"][0]["url"]
        assert known.read_bytes() == ask("127.0.0.1", port, "/-/known")[2]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_the_truth_can_be_read_from_a_pipe() -> None:
    lines = []
    with subprocess.Popen(
        [*COMMAND, "--pictures", "60", "--features", "basic", "--truth", "-"], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if line.startswith(b"practice web on"):
                process.terminate()
    assert msgspec.json.decode(b"".join(lines[:-1]), type=Truth).planted


def test_a_port_that_is_taken_is_named_with_what_to_do(port: int) -> None:
    code = "from zoeklicht.commands.practice import practice; practice(standalone_mode=False)"
    ended = subprocess.run(
        [sys.executable, "-c", code, "--pictures", "60", "--port", str(port)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ,
    )
    assert ended.returncode != 0
    assert "Choose another --port" in ended.stderr


def test_an_unknown_feature_is_refused_with_those_there_are() -> None:
    ended = subprocess.run([*COMMAND, "--features", "teapot"], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "No such feature: teapot. There are: age_gate, " in " ".join(ended.stderr.split())


def test_without_features_there_is_nothing_on_their_addresses(port: int) -> None:
    assert ask("127.0.0.30", port, "/")[0] == 404
    assert msgspec.json.decode(ask("127.0.0.1", port, "/-/truth")[2], type=Truth).features == ()


def test_a_login_over_http_ends_in_a_session(full_port: int) -> None:
    host = "127.0.0.37"
    _, headers, body = ask(host, full_port, "/ucp?mode=login")
    token = re.findall(r'name="form_token" value="([^"]*)"', body.decode())[0]
    form = urlencode({"form_token": token, "username": "heron", "password": "seven-quiet-ponds", "login": "Login"})
    sent = {"cookie": headers["set-cookie"].partition(";")[0], "content-type": "application/x-www-form-urlencoded"}
    before = touched(full_port).forbidden["method"]
    status, headers, _ = ask(host, full_port, "/ucp?mode=login&go=1", "POST", sent, form)
    assert (status, headers["location"]) == (302, "/members/board")
    session = {"cookie": headers["set-cookie"].partition(";")[0]}
    assert b"Log out [ heron ]" in ask(host, full_port, "/members/board", headers=session)[2]
    after = touched(full_port)
    assert after.forbidden["method"] == before
    assert after.noted["logins"] == 1


def test_validators_over_http_save_the_bytes(full_port: int) -> None:
    truth = msgspec.json.decode(ask("127.0.0.1", full_port, "/-/truth")[2], type=Truth)
    target = next(each.url for each in truth.planted if each.feature == "validators").partition(f":{full_port}")[2]
    status, headers, body = ask("127.0.0.53", full_port, target)
    assert (status, len(body)) == (200, int(headers["content-length"]))
    status, again, body = ask("127.0.0.53", full_port, target, headers={"if-none-match": headers["etag"]})
    assert (status, again["etag"], body) == (304, headers["etag"], b"")
    assert touched(full_port).noted["not_modified"] == 1


def test_a_page_grows_by_the_control_address(full_port: int) -> None:
    before = ask("127.0.0.54", full_port, "/")[2]
    assert json.loads(ask("127.0.0.1", full_port, "/-/grow")[2]) == {"grown": 1}
    after = ask("127.0.0.54", full_port, "/")[2]
    assert after.count(b"<img") == before.count(b"<img") + 1
    assert touched(full_port).noted["grown"] == 1


def test_a_crawler_that_takes_this_machine_for_a_site_is_noticed(full_port: int) -> None:
    before = touched(full_port).forbidden["private"]
    assert ask("127.0.0.1", full_port, "/full/11.jpg")[0] == 404
    assert touched(full_port).forbidden["private"] == before + 1


def test_a_host_is_counted_by_the_name_that_it_was_called(full_port: int) -> None:
    before = touched(full_port).hosts.get("127.0.0.20")
    assert ask("127.0.0.20", full_port, "/album/1", headers={"host": f"2130706452:{full_port}"})[0] == 200
    after = touched(full_port)
    assert after.names["2130706452"].requests == 1
    assert after.hosts["127.0.0.20"].requests == (before.requests if before else 0) + 1
