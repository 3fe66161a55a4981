from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.redirectors import resized, unwrapped

TARGET = "http://target.example/a/b?c=d"


@pytest.mark.parametrize(
    "url",
    [
        f"http://s.example/out.php?id=5&url={quote(TARGET, safe='')}&x=1",
        f"http://s.example/out.php?url={quote(quote(TARGET, safe=''), safe='')}",
        f"http://s.example/?{TARGET}",
        f"http://s.example/go/{TARGET}",
        f"http://s.example/go/{quote(TARGET, safe='')}",
        f"http://s.example/go/{TARGET.replace('//', '/')}",
        f"http://s.example/r;to={quote(TARGET, safe='')}".replace(";", "?a;"),
        f"http://s.example/r?to={quote(b64encode(TARGET.encode()).decode())}",
        f"http://s.example/r?to={urlsafe_b64encode(TARGET.encode()).decode().rstrip('=')}",
        f"http://s.example/r/{urlsafe_b64encode(TARGET.encode()).decode()}",
    ],
)
def test_the_inner_address_is_found_however_it_is_wrapped(url: str) -> None:
    assert unwrapped(url) == [TARGET]


def test_redirectors_within_redirectors_are_all_found() -> None:
    inner = f"http://b.example/?u={quote(TARGET, safe='')}"
    assert unwrapped(f"http://a.example/?u={quote(inner, safe='')}") == [inner, TARGET]


def test_addresses_without_a_scheme_are_found_when_they_cannot_be_anything_else() -> None:
    assert unwrapped("http://s.example/r?to=www.a.example/x") == ["http://www.a.example/x"]
    assert unwrapped("http://s.example/r?to=%2F%2Fa.example/x") == ["http://a.example/x"]


@pytest.mark.parametrize(
    "url",
    [
        "http://s.example/topic?t=5",
        "http://s.example/https-explained?x=1",
        "http://s.example/?q=http",
        "http://s.example/?u=aHR0cA",
        "http://s.example/?u=aHR0c!!!",
        "http://s.example/?u=http://",
        "http://[half/?u=http://a.example",
        "http://s.example/?u=http://a.example/" + "x" * 9000,
    ],
)
def test_ordinary_and_broken_addresses_carry_none(url: str) -> None:
    assert unwrapped(url) == []


def test_a_resizing_script_shows_a_file_of_its_own_site() -> None:
    assert resized("http://s.example/_next/image?url=%2Fphotos%2F1.jpg&w=640") == "http://s.example/photos/1.jpg"
    assert resized("http://s.example/thumb.php?w=9&src=/up/2.png") == "http://s.example/up/2.png"
    assert resized("http://s.example/view?back=/list") is None
    assert resized("http://s.example/view?name=1.jpg") is None


@settings(deadline=None)
@given(st.text() | st.from_regex(r"http://a\.example/[?/](u=)?(https?(:|%3a)//|aHR0c|www\.)[!-~]{0,30}"))
def test_no_address_makes_them_raise(url: str) -> None:
    for found in unwrapped(url):
        assert found.startswith(("http://", "https://"))
    resized(url)
