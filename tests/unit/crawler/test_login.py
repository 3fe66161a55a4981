"""The one form that is ever sent, and all those that are not."""

from pathlib import Path
from urllib.parse import parse_qs

import pytest
from msgspec.structs import replace
from scrapy import Request
from scrapy.http import HtmlResponse, Response

from crawler.contract.access import Login
from crawler.contract.errors import ConfigError
from crawler.contract.reasons import Reason
from crawler.fetching.basic import Asked, Credentials, may_go, realm_of
from crawler.fetching.login import login_request
from crawler.fetching.status import StatusMiddleware
from crawler.fetching.verdicts import Refused

PAGE = "https://forum.example/in/"
FIELDS = '<input name="user"><input type="Password" name="pass">'


@pytest.fixture
def login(tmp_path: Path) -> Login:
    for name in ("user", "password"):
        (tmp_path / name).touch(mode=0o600)
        (tmp_path / name).write_text(f"the {name}\n")
    return Login(
        page=PAGE,
        form="form",
        user_field="user",
        password_field="pass",
        user_file=tmp_path / "user",
        password_file=tmp_path / "password",
        success="bye",
        fields={"stay": "on"},
    )


def page(html: str, url: str = PAGE) -> HtmlResponse:
    return HtmlResponse(url, body=f"<html>{html}</html>".encode(), encoding="utf-8")


def test_the_form_is_filled_in_and_hidden_fields_are_sent_as_they_stand(login: Login) -> None:
    form = f'<form method="post" action="../go?x=1"><input type="hidden" name="csrf" value="é&amp;1">{FIELDS}</form>'
    request = login_request(page(form), login)
    assert (request.method, request.url) == ("POST", "https://forum.example/go?x=1")
    assert parse_qs(request.body.decode()) == {
        "csrf": ["é&1"],
        "user": ["the user"],
        "pass": ["the password"],
        "stay": ["on"],
    }
    assert request.headers["Content-Type"] == b"application/x-www-form-urlencoded"
    assert request.meta == {}


def test_the_default_selector_finds_the_form_with_the_password(login: Login) -> None:

    html = f'<form action="/search"><input name="q"></form><form method="post" action="/go">{FIELDS.lower()}</form>'
    found = login_request(page(html), replace(login, form="form:has(input[type=password])"))
    assert found.url == "https://forum.example/go"


@pytest.mark.parametrize(
    ("html", "why"),
    [
        (f'<form action="/go">{FIELDS}</form>', "into an address"),
        (f'<form method="post" action="http://forum.example/go">{FIELDS}</form>', "unencrypted"),
        (f'<form method="post" action="/register.php">{FIELDS}</form>', "no form"),
        (f'<form method="post">{FIELDS}<button formaction="/signup">New</button></form>', "registers"),
        (f'<form method="post">{FIELDS}<input type="password" name="again"></form>', "no form"),
        ('<form method="post"><input name="user"></form>', "no form"),
        (f'<form method="post" enctype="multipart/form-data">{FIELDS}</form>', "cannot be filled in"),
        ("nothing", "no form"),
    ],
)
def test_a_form_that_is_not_to_be_trusted_is_refused(login: Login, html: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        login_request(page(html), login)


def test_a_password_that_others_may_read_is_not_used(login: Login) -> None:
    login.password_file.chmod(0o644)
    with pytest.raises(ConfigError, match="may be read by others"):
        login_request(page(f'<form method="post">{FIELDS}</form>'), login)


@pytest.mark.parametrize(
    ("header", "realm"),
    [
        ('Basic realm="a b"', "a b"),
        ('basic charset="UTF-8", realm="a\\"b"', 'a"b'),
        ("Basic realm=token", "token"),
        ("Basic", ""),
        ('Digest realm="d", nonce="x", Basic realm="b"', "b"),
        ('Digest realm="basic stuff"', None),
        ("Bearer", None),
    ],
)
def test_a_basic_challenge_is_told_from_others(header: str, realm: str | None) -> None:
    assert realm_of(Response(PAGE, status=401, headers={"WWW-Authenticate": header})) == realm
    assert realm_of(Response(PAGE, status=403, headers={"WWW-Authenticate": header})) is None


def test_credentials_go_no_further_than_they_may() -> None:
    credentials = Credentials(user="u", password="p", schemes=("https",), realm="a")
    assert may_go(credentials, "https://x.example/", "a")
    assert not may_go(credentials, "http://x.example/", "a")
    assert not may_go(credentials, "https://x.example/", "b")
    assert "u" not in repr(credentials).removeprefix("Credentials(hidden)")


def test_credentials_are_sent_unasked_below_where_they_were_accepted_only() -> None:
    asked = Asked()
    asked.note("a", "https://x.example/albums/1?page=2")
    assert asked.covers("a", "https://x.example/albums/deep/er")
    for url in ("https://x.example/", "http://x.example/albums/1", "https://x.example:8443/albums/1"):
        assert not asked.covers("a", url)
    assert not asked.covers("b", "https://x.example/albums/1")
    asked.forget("a")
    assert not asked.covers("a", "https://x.example/albums/1")


def test_unchanged_is_an_answer_only_to_those_who_asked_so() -> None:

    lease = {"lease": object()}
    middleware, answer = StatusMiddleware(), Response(PAGE, status=304)
    conditional = Request(PAGE, headers={"If-None-Match": '"1"'}, meta=lease)
    assert middleware.process_response(conditional, answer) is answer
    with pytest.raises(Refused) as refused:
        middleware.process_response(Request(PAGE, meta=lease), answer)
    assert refused.value.reason is Reason.UNEXPECTED_STATUS


@pytest.mark.parametrize(
    ("status", "reason"), [(401, Reason.NEEDS_LOGIN), (403, Reason.FORBIDDEN), (451, Reason.FORBIDDEN)]
)
def test_those_who_are_kept_out_are_told_why(status: int, reason: Reason) -> None:

    with pytest.raises(Refused) as refused:
        StatusMiddleware().process_response(Request(PAGE, meta={"lease": object()}), Response(PAGE, status=status))
    assert refused.value.reason is reason
