from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parsel import Selector

from crawler.contract.pages import Page
from crawler.contract.records import SiteType
from crawler.contract.sites import SiteProfile
from spiders.registry import SPIDERS, spider_of
from tests.unit.spiders.reading import URL, read

every_type = pytest.mark.parametrize("site_type", sorted(SPIDERS))


@every_type
def test_links_come_in_the_order_of_the_page_and_each_once(site_type: SiteType) -> None:
    html = '<a href="/b">b</a> <img src="/a.jpg"> <a href="/b#again">b</a> <a href="c.html">c</a>'
    assert read(html, site_type) == [("page", "/b"), ("picture", "/a.jpg"), ("page", "/dir/c.html")]


@every_type
def test_a_thumbnail_and_what_it_leads_to_are_both_found(site_type: SiteType) -> None:
    html = '<a href="/view/7"><img src="/t/7.jpg"></a><a href="/full/8.PNG"><img src="/t/8.jpg"></a>'
    assert read(html, site_type) == [
        ("page", "/view/7"),
        ("picture", "/t/7.jpg"),
        ("picture", "/full/8.PNG"),
        ("picture", "/t/8.jpg"),
    ]


@every_type
def test_every_size_of_a_picture_is_found(site_type: SiteType) -> None:
    html = """
    <img src="/s.jpg" srcset="/s.jpg 1x, /m.jpg 2x">
    <picture><source srcset="/a.avif, /b.avif 2x" type="image/avif"><img src="/a.jpg"></picture>
    """
    found = ["/s.jpg", "/m.jpg", "/a.avif", "/b.avif", "/a.jpg"]
    assert read(html, site_type) == [("picture", url) for url in found]


@every_type
def test_lazy_pictures_are_found_and_settings_are_not_taken_for_pictures(site_type: SiteType) -> None:
    html = """
    <img src="data:image/gif;base64,R0lGOD" data-src="/1.jpg" data-lazy="true" data-image="7">
    <img data-srcset="/2.jpg 1x, /3.jpg 2x" data-lazy-src="/4.jpg" data-original="5.jpg">
    <div data-bg="url('/6.jpg')" data-background-image="/7"></div>
    <div data-image='{"src": "/8.jpg"}'></div>
    """
    found = ["/1.jpg", "/2.jpg", "/3.jpg", "/4.jpg", "/dir/5.jpg", "/6.jpg", "/7", "/8.jpg"]
    assert read(html, site_type) == [("picture", url) for url in found]


@every_type
def test_pictures_that_a_light_box_shows_or_offers_for_download_are_found(site_type: SiteType) -> None:
    html = """
    <li data-download-url="../1.jpg" data-exthumbimage="/2.jpg" data-filename="3.jpg" data-count="1/2"></li>
    <a href="/view/4" data-href="4.jpg">4</a><video data-poster="/5.jpg"></video>
    <div data-slides='[{"src": "/6.jpg", "id": 6}, {"src": "7.png?w=100"}]' data-user="/elsewhere"></div>
    """
    found = ["/1.jpg", "/2.jpg", "/dir/4.jpg", "/5.jpg", "/6.jpg", "/dir/7.png?w=100"]
    assert [url for kind, url in read(html, site_type) if kind == "picture"] == found
    assert [url for kind, url in read(html, site_type) if kind == "page"] == ["/view/4"]


@every_type
def test_pictures_that_an_inline_script_names_are_found(site_type: SiteType) -> None:
    html = r"""
    <script>var data = [{title: "Don't", image: "a.jpg", big: 'originals/a.jpg'}]; show("/b/" + id + ".jpg");</script>
    <script type="application/json">{"image": "http:\/\/site.example\/c.jpg"}</script>
    <script>load("{\"src\": \"/d.jpg\"}", "/{id}.jpg", "<img src='/e.jpg'>", `/f.jpg`, '/\u00e9.jpg')</script>
    """
    found = ["/dir/a.jpg", "/dir/originals/a.jpg", "/c.jpg", "/d.jpg", "/e.jpg", "/f.jpg", "/é.jpg"]
    assert read(html, site_type) == [("picture", url) for url in found]


@every_type
def test_pictures_outside_img_are_found(site_type: SiteType) -> None:
    html = """
    <head><meta property="og:image" content="/og.jpg"><link rel="image_src" href="/src.jpg">
    <link rel="preload" as="image" href="/pre.jpg"><style>p {background: url(/css.png)} @font-face {src: url(/f.woff)}
    </style></head><body background="/body.jpg"><p style="background-image: url(&quot;/style.jpg&quot;)"></p>
    <video poster="/poster.jpg"><source src="/film.mp4"></video><input type="image" src="/input.gif">
    <object data="/object.png"></object><embed src="/film.swf"><svg><image xlink:href="/svg.jpg"/></svg>
    """
    found = "og.jpg src.jpg pre.jpg css.png body.jpg style.jpg poster.jpg film.mp4 input.gif object.png svg.jpg".split()
    assert read(html, site_type) == [("picture", f"/{name}") for name in found]


@every_type
def test_pages_behind_pagination_frames_maps_and_refreshes_are_found(site_type: SiteType) -> None:
    html = """
    <head><link rel="next" href="?page=2"><link rel="stylesheet" href="/s.css"><link rel="icon" href="/i.ico">
    <style>@import "/i.css"; @import url('/j.css') print;</style>
    <meta http-equiv="refresh" content="0; url=/moved"></head>
    <iframe src="/frame"></iframe><iframe data-src="/later"></iframe><map><area href="/area"></map>
    """
    found = ["/dir/page.html?page=2", "/s.css", "/i.css", "/j.css", "/moved", "/frame", "/later", "/area"]
    assert read(html, site_type) == [("page", url) for url in found]


@every_type
def test_links_are_resolved_against_the_base_of_the_page(site_type: SiteType) -> None:
    assert read('<base href="//img.example/x/"><img src="a.jpg">', site_type) == [
        ("picture", "http://img.example/x/a.jpg")
    ]


@every_type
def test_what_stands_after_the_end_of_the_page_belongs_to_it(site_type: SiteType) -> None:
    html = """<html><body><a href="/1">x</a></body><a href="/2">y</a></html> <p><img src="/3.jpg"><!-- x --></html>
    <a href=4>z</a>"""
    found = [("page", "/1"), ("page", "/2"), ("picture", "/3.jpg"), ("page", "/dir/4")]
    assert read(html, site_type) == found


@pytest.mark.parametrize("base", ["javascript:", "", "http://[half", "data:text/html,x"])
def test_a_base_that_is_no_web_address_is_ignored(base: str) -> None:
    assert read(f'<base href="{base}"><img src="/a.jpg">')[-1] == ("picture", "/a.jpg")


@every_type
def test_forms_and_scripts_are_left_alone(site_type: SiteType) -> None:
    html = """
    <form action="/delete"><button formaction="/report">x</button></form>
    <script src="/s.js"></script><!-- <a href="/commented"> -->
    """
    assert read(html, site_type) == []


@every_type
def test_what_cannot_be_followed_is_given_on_so_that_it_is_counted(site_type: SiteType) -> None:
    html = '<a href="mailto:x@site.example">m</a><a href="javascript:go()">j</a><a href="http://[half">h</a>'
    assert read(html, site_type) == [("page", "mailto:"), ("page", "javascript:"), ("page", "http://[half")]


@every_type
def test_the_profile_says_which_links_are_pictures_and_nothing_is_left_out(site_type: SiteType) -> None:
    html = """
    <a href="/get/5">a</a> <a href="/view/a.jpg">b</a> <a href="/other">c</a> <a href="/d.jpg">d</a>
    <link rel="next" href="/elsewhere">
    """
    assert read(html, site_type, picture_links=[r"/get/\d+$"], page_links=["/view/"]) == [
        ("picture", "/get/5"),
        ("page", "/view/a.jpg"),
        ("page", "/other"),
        ("picture", "/d.jpg"),
        ("page", "/elsewhere"),
    ]


@every_type
def test_an_address_that_is_shown_as_a_picture_is_a_picture_wherever_it_is_linked(site_type: SiteType) -> None:
    assert read('<a href="/pic/5">x</a><a href="/y">y</a><img src="/pic/5">', site_type) == [
        ("picture", "/pic/5"),
        ("page", "/y"),
    ]


@every_type
@pytest.mark.parametrize(
    "html",
    [
        "",
        "<",
        "<a href=",
        '<a href="/x><img src=/y.jpg <p></a',
        "<table><a href='/x'><tr></a></b></i>",
        "<img srcset=',,, 2x'>\x00<img style='url(('>",
        "<html><html><body><body><base><base href='//'>",
        "plain text, http://",
    ],
)
def test_broken_html_never_raises(site_type: SiteType, html: str) -> None:
    read(html, site_type)


FRAGMENTS = st.sampled_from(
    [
        "<a href=",
        "'",
        '"',
        ">",
        "<img src=",
        "<base href=",
        " srcset=",
        " style=url(",
        "http://[",
        "//",
        "</a>",
        "<script>",
        ".jpg'",
        "\\ud800",
        "hxxp://",
    ]
)


@settings(deadline=None)
@given(st.lists(FRAGMENTS | st.text(max_size=5), max_size=30), st.sampled_from(sorted(SPIDERS)))
def test_no_page_makes_a_spider_raise(pieces: list[str], site_type: SiteType) -> None:
    read("".join(pieces), site_type)


def test_what_is_no_html_has_no_links() -> None:
    profile = SiteProfile(name="site", type="other", hosts=("site.example",))
    page = Page(URL, Selector(text='{"image": "/a.jpg"}', type="json"), profile)
    assert list(spider_of("other").links(page)) == []


def test_every_type_has_a_spider() -> None:
    assert set(SPIDERS) == set(get_args(SiteType))
