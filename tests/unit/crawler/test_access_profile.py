"""What a profile may say about how its site is entered."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from crawler.contract.access import on_hosts
from crawler.contract.sites import SiteProfile

SITE = {"name": "a", "type": "forum", "hosts": ["forum.example", ".cdn.example"]}
LOGIN = {
    "page": "https://forum.example/login",
    "user_field": "user",
    "password_field": "pass",
    "user_file": "user",
    "password_file": "password",
    "success": "log out",
}


def profile(**more: Any) -> SiteProfile:
    return msgspec.convert({**SITE, **more}, SiteProfile, dec_hook=lambda _, value: Path(value))


@pytest.mark.parametrize(
    "name",
    ["Cookie", "authorization", "HOST", "Referer", "Range", "Connection", "Transfer-Encoding", "TE", "Content-Length"],
)
def test_headers_that_are_the_crawlers_own_business_are_refused(name: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="is not set here"):
        profile(headers={name: "x"})


@pytest.mark.parametrize("headers", [{"X-A": "1\r\nCookie: a=b"}, {"X A": "1"}, {"": "1"}])
def test_headers_that_would_smuggle_others_in_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError, match="is no header"):
        profile(headers=headers)


def test_other_headers_are_accepted() -> None:
    assert profile(headers={"Accept-Language": "nl", "X-Requested-By": "hotline"}).headers["Accept-Language"] == "nl"


@pytest.mark.parametrize("page", ["https://evil.example/login", "ftp://forum.example/", "https://x@forum.example/"])
def test_a_login_page_on_another_host_is_refused(page: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"login\.page"):
        profile(login={**LOGIN, "page": page})


def test_an_age_gate_on_another_host_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="visit_first"):
        profile(cookies={"visit_first": "https://gates.example/enter"})
    assert profile(cookies={"visit_first": "https://img.cdn.example/enter"}).cookies is not None


def test_patterns_that_are_none_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="no regular expression"):
        profile(cookies={"gate": "("})
    with pytest.raises(msgspec.ValidationError, match="no regular expression"):
        profile(login={**LOGIN, "success": "("})


@pytest.mark.parametrize("fixed", [{"a": "1; b=2"}, {"a": "1\n"}, {"a b": "1"}])
def test_cookies_that_would_break_their_header_are_refused(fixed: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError, match="is no cookie"):
        profile(cookies={"fixed": fixed})


def test_the_profile_of_all_reported_hosts_has_no_account() -> None:
    with pytest.raises(msgspec.ValidationError, match="site of its own"):
        profile(hosts=["*"], cookies={"fixed": {"adult": "1"}})


def test_an_address_is_on_a_host_by_name_or_by_suffix() -> None:
    hosts = ("Forum.Example", ".cdn.example")
    assert on_hosts("http://forum.example:8080/a", hosts)
    assert on_hosts("https://a.b.cdn.example/", hosts)
    assert not on_hosts("https://cdn.example/", hosts)
    assert not on_hosts("https://notcdn.example/", hosts)
    assert not on_hosts("https://forum.example.evil/", hosts)
