import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.addresses import absolute, css_urls, picture_by_name, quoted_pictures, refresh_url, srcset

BASE = "http://forum.example/board/topic.html"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a.jpg", "http://forum.example/board/a.jpg"),
        ("  /a.jpg\n", "http://forum.example/a.jpg"),
        ("//img.example/a.jpg", "http://img.example/a.jpg"),
        ("?page=2#post7", "http://forum.example/board/topic.html?page=2"),
        ("..\\pics\\a.jpg", "http://forum.example/pics/a.jpg"),
        ("/a?path=c:\\b", "http://forum.example/a?path=c:\\b"),
        ("htt\nps://img.example/a", "https://img.example/a"),
        ("http://img.example", "http://img.example"),
    ],
)
def test_an_address_means_what_a_browser_makes_of_it(written: str, meant: str) -> None:
    assert absolute(BASE, written) == meant


@pytest.mark.parametrize("written", ["", "  ", "#top", " #"])
def test_an_empty_value_or_a_bare_fragment_leads_nowhere(written: str) -> None:
    assert absolute(BASE, written) is None


def test_inline_pictures_and_mail_addresses_come_back_as_their_scheme_alone() -> None:
    assert absolute(BASE, "data:image/png;base64,iVBORw0KGgo=") == "data:"
    assert absolute(BASE, "MailTo:someone@forum.example") == "mailto:"
    assert absolute(BASE, "javascript:void(0)") == "javascript:"


def test_what_is_no_address_comes_back_as_written_to_be_counted() -> None:
    assert absolute(BASE, "http://[half/a.jpg") == "http://[half/a.jpg"


@settings(deadline=None)
@given(st.text(), st.text())
def test_nothing_a_site_writes_raises(base: str, written: str) -> None:
    absolute(base, written)
    absolute(BASE, written)
    picture_by_name(written)
    srcset(written)
    css_urls(written)
    refresh_url(written)
    quoted_pictures(written)


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("a.jpg", ["a.jpg"]),
        ("a.jpg 1x, b.jpg 2x", ["a.jpg", "b.jpg"]),
        ("a.jpg 400w,b.jpg 800w", ["a.jpg", "b.jpg"]),
        ("a.jpg, b.jpg", ["a.jpg", "b.jpg"]),
        ("w_100,h_50/a.jpg 1x, b.jpg", ["w_100,h_50/a.jpg", "b.jpg"]),
        ("a.jpg 1x (x, y), b.jpg", ["a.jpg", "b.jpg"]),
        (" , ,", []),
        ("", []),
    ],
)
def test_a_srcset_names_each_of_its_pictures(value: str, addresses: list[str]) -> None:
    assert srcset(value) == addresses


@settings(deadline=None)
@given(st.lists(st.from_regex(r"\A[a-z/][a-z/,.]{0,8}[a-z.]\Z"), max_size=5))
def test_a_srcset_written_with_descriptors_is_read_back(addresses: list[str]) -> None:
    assert srcset(", ".join(f"{address} {width}w" for width, address in enumerate(addresses))) == addresses


def test_style_names_its_pictures_however_they_are_quoted() -> None:
    style = "background: url(a.jpg), url( 'b c.jpg' ); list-style: url(\"d(1).jpg\")"
    assert css_urls(style) == ["a.jpg", "b c.jpg", "d(1).jpg"]


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("5", None),
        ("5;", None),
        ("0; url=/next", "/next"),
        ("0;URL='http://img.example/a'", "http://img.example/a"),
        ("3, next.html", "next.html"),
    ],
)
def test_a_refresh_leads_on_only_when_it_names_an_address(content: str, target: str | None) -> None:
    assert refresh_url(content) == target


@pytest.mark.parametrize("name", ["/a.jpg", "/A.JPEG", "/x/y.webp?size=l", "/a.b.avif", "/12:30.jpg"])
def test_a_path_that_ends_like_a_picture_is_one_by_name(name: str) -> None:
    assert picture_by_name(f"http://img.example{name}")


@pytest.mark.parametrize("name", ["/view/a.jpg.html", "/view?file=a.jpg", "/jpg", "/a.svg", "/w/File:A.jpg"])
def test_a_viewer_page_is_no_picture_by_name(name: str) -> None:
    assert not picture_by_name(f"http://img.example{name}")


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("""x = 'a.jpg'; y = "b c.PNG"; z = `d.webp?v=2`""", ["a.jpg", "b c.PNG", "d.webp?v=2"]),
        ("""{"a": "it's.jpg"}""", ["it's.jpg"]),
        (r"""{"a": "{\"b\": \"/c.jpg\"}"}""", ["/c.jpg"]),
        (r'"\/a\u0020\x41.jpg" "\ud83d\ude00.png" "\ud83d.png"', ["/a A.jpg", "\U0001f600.png", "\ufffd.png"]),
        ("""a + '.jpg' + "/.png" + '/{id}.jpg' + `${id}.gif`""", []),
        ("a.jpg, 'b.jpg.html', 'jpg'", []),
    ],
)
def test_pictures_named_in_scripts_are_read_as_the_script_means_them(text: str, addresses: list[str]) -> None:
    assert quoted_pictures(text) == addresses
