from parsel import Selector

from crawler.contract.pages import Page
from crawler.contract.sites import SiteProfile
from spiders.registry import spider_of

CSS = r"""
@charset "utf-8"; @import url("base.css"); @import '/print.css' print; @import url(//fonts.example/css?family=X);
@font-face { font-family: x; src: url(f.woff2) format("woff2"), url('f.eot?#iefix'), url(f.svg#x), url(data:font/x,A) }
body { background: #fff url(../img/back.jpg) no-repeat; --hero: url("/hero"); cursor: url(hand.cur), auto }
.a { background-image: image-set("a.png" 1x, url(a2.png) 2x); list-style: URL( 'b\29 c.gif' ) }
.b { background: url(d\(1\).jpg); content: "\201C"; behavior: url(pie.htc) }
"""


def test_a_style_sheet_leads_to_its_pictures_and_to_the_sheets_it_imports() -> None:
    profile = SiteProfile(name="site", type="forum", hosts=("site.example",))
    page = Page("http://site.example/css/main.css?v=2", Selector("", type="html"), profile, stylesheet=CSS)
    assert [(link.kind, link.url.removeprefix("http://site.example")) for link in spider_of("forum").links(page)] == [
        ("page", "/css/base.css"),
        ("page", "/print.css"),
        ("page", "http://fonts.example/css?family=X"),
        ("picture", "/img/back.jpg"),
        ("picture", "/hero"),
        ("picture", "/css/a2.png"),
        ("picture", "/css/b)c.gif"),
        ("picture", "/css/d(1).jpg"),
        ("picture", "/css/a.png"),
    ]
