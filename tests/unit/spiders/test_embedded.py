"""Pictures that stand in a page themselves. The bytes are made up: nothing here decodes a picture."""

from base64 import b64encode
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.contract.pages import EmbeddedPicture
from spiders.embedded import MOST_PICTURES, decode
from spiders.registry import spider_of
from tests.unit.spiders.reading import page, read

BYTES = bytes(range(256))
DATA = f"data:image/jpeg;base64,{b64encode(BYTES).decode()}"


def data(number: int) -> str:
    return f"data:image/png;base64,{b64encode(b'picture %d' % number).decode()}"


def held(html: str, *, stylesheet: str | None = None) -> list[EmbeddedPicture]:
    return list(spider_of("other").embedded(page(html, stylesheet=stylesheet)))


def numbers(html: str, *, stylesheet: str | None = None) -> list[int]:
    return [int(each.body.removeprefix(b"picture ")) for each in held(html, stylesheet=stylesheet)]


def test_pictures_are_found_wherever_a_page_may_hold_them() -> None:
    html = f"""
    <style>p {{ background: url({data(1)}) }} @font-face {{ src: url(data:font/woff2;base64,AAAA) }}</style>
    <img src="{data(2)}" srcset="{data(3)} 1x, {data(4)} 2x"><img src=" DATA:image/png;base64,cGljdHVyZSA1">
    <p style="background: url('{data(6)}')"></p><input type="image" src="{data(7)}">
    <svg><image xlink:href="{data(8)}"/></svg><a href="{data(9)}" download="x.png">x</a>
    <img data-src="{data(10)}"><div data-bg="url({data(11)})"></div><video poster="{data(12)}"></video>
    <script>var x = {{"a": "{data(13).replace("/", chr(92) + "/")}"}};</script>
    <iframe srcdoc='<img src="{data(14)}">'></iframe>
    """
    html = f"<html><body>{html}</body></html><img src='{data(15)}'>"
    assert numbers(html) == list(range(1, 16))
    assert read(html) == []


def test_a_style_sheet_gives_its_pictures_too() -> None:
    css = f'a {{ background: url({data(1)}) }} b {{ background: url("{data(2)}") }}'
    css += "@font-face { src: url(data:font/x,A) }"
    assert numbers("", stylesheet=css) == [1, 2]


def test_a_drawing_and_the_pictures_in_it_have_places_of_their_own() -> None:
    drawing = f'<svg xmlns="x"><image href="{data(1)}"/><image href="{data(2)}"/></svg>'.encode()
    coded = f'<img src="data:image/svg+xml;base64,{b64encode(drawing).decode()}">'
    escaped = f'<img src="data:image/svg+xml,{quote_from_bytes(drawing)}">'
    for html in (coded, escaped):
        found = held(html + f'<img src="{data(3)}">')
        assert [(each.place, each.body) for each in found] == [
            ("data:1", drawing),
            ("data:1/1", b"picture 1"),
            ("data:1/2", b"picture 2"),
            ("data:2", b"picture 3"),
        ]


def test_the_same_picture_is_given_once() -> None:
    assert numbers(f'<img src="{data(1)}">' * 50 + f'<img src="{data(2)}">') == [1, 2]


def test_an_ordinary_page_holds_none() -> None:
    assert (
        held('<img src="/a.jpg"><a href="data:text/html,x">data: addresses</a><p>data:image/png;base64,AAAA</p>') == []
    )


def test_data_that_is_no_picture_is_counted_as_a_link() -> None:
    assert read('<a href="data:text/html,x">x</a><iframe src="data:text/html,y"></iframe>') == [("page", "data:")]


def test_pictures_beyond_the_limit_are_counted_as_links() -> None:
    html = "".join(f'<img src="{data(number)}">' for number in range(MOST_PICTURES))
    assert len(held(html)) == MOST_PICTURES
    assert read(html) == []
    assert len(held(html + f'<img src="{data(-1)}">')) == MOST_PICTURES
    assert read(html + f'<img src="{data(-1)}">') == [("picture", "data:")]


def test_pictures_beyond_the_limit_inside_a_drawing_are_counted_as_links() -> None:
    inner = "".join(f"<image href='{data(number)}'/>" for number in range(MOST_PICTURES))
    html = f'<img src="data:image/svg+xml;base64,{b64encode(inner.encode()).decode()}">'
    assert len(held(html)) == MOST_PICTURES
    assert read(html) == [("picture", "data:")]


@pytest.mark.parametrize(
    ("written", "body", "media_type"),
    [
        (DATA, BYTES, "image/jpeg"),
        (f"data:image/png,{quote_from_bytes(BYTES)}", BYTES, "image/png"),
        ("data:IMAGE/Png;charset=x;BASE64,QUJD", b"ABC", "image/png"),
        ("data:image/png;base64,QU%4AD%0A QUJD", b"ABCABC", "image/png"),
        ("data:image/png;base64,-_-_", b"\xfb\xff\xbf", "image/png"),
        ("data:image/png;base64,QUJDQ", b"ABC", "image/png"),
        ("data:image/png;base64,QUI", b"AB", "image/png"),
        ("data:image/png;base64,QUJD#x", b"ABC", "image/png"),
        ("data:,x", b"x", "text/plain"),
        ("data:image/png;base64", b"", "image/png"),
        ("data:", b"", "text/plain"),
    ],
)
def test_what_is_written_is_decoded_as_far_as_it_goes(written: str, body: bytes, media_type: str) -> None:
    expected = body if written != "data:image/png;base64,QU%4AD%0A QUJD" else b"ABCABC"
    assert decode(written) == (expected, media_type)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_every_picture_comes_back_as_it_was_put_in(body: bytes) -> None:
    html = f'<img src="data:image/webp;base64,{b64encode(body).decode()}"><img src="data:x/y,{quote_from_bytes(body)}">'
    assert [each.body for each in held(html)] == [body, body]


@settings(deadline=None)
@given(st.text(max_size=100))
def test_no_address_makes_decoding_raise(text: str) -> None:
    body, _ = decode("data:" + text)
    assert len(body) <= 3 * len(text)
    decode("data:image/png;base64," + text)


def test_a_picture_tells_nothing_of_itself() -> None:
    assert repr(held(f'<img src="{DATA}">')[0]) == "EmbeddedPicture(hidden)"
