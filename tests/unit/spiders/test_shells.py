"""Which pages are empty until a script has run. Taking an ordinary page for one would lose it."""

import pytest

from spiders.registry import spider_of
from tests.unit.spiders.reading import page


def needs_script(html: str) -> bool:
    return spider_of("other").needs_script(page(html))


GTM = """<noscript><iframe src="https://www.googletagmanager.com/ns.html?id=GTM-X" height="0" width="0"></iframe>
<img height="1" width="1" style="display:none" src="https://tracker.example/tr?id=1&amp;noscript=1"></noscript>"""

SHELLS = {
    "react": """<!doctype html><html><head><meta charset="utf-8"><title>Photos</title><meta property="og:image"
        content="/og.png">
        <link rel="icon" href="/favicon.ico">
        <script defer src="/static/js/main.8f.js"></script></head><body><noscript>You need to enable JavaScript
        to run this app.</noscript><div id="root"></div></body></html>""",
    "vue, with a spinner": """<head><title>Board</title></head><body><noscript><strong>We're sorry but this doesn't work
        properly without JavaScript enabled. Please enable it to continue.</strong></noscript><div id="app">
        <div class="splash"><img src="/img/logo.svg" alt="logo"> Loading…</div></div>
        <script src="/js/chunk-vendors.js"></script></body>""",
    "angular": """<body><app-root>Loading...</app-root><script src="runtime.js" type="module"></script></body>""",
    "next, all in scripts": """<body><div id="__next"></div><script id="__NEXT_DATA__" type="application/json">
        {"props":{"pageProps":{}},"page":"/t/[id]","query":{"id":"5"}}</script>
        <script src="/_next/a.js"></script></body>""",
    "a root, a footer and a counter": f"""<body>{GTM}<div id="app"></div><footer><a href="/terms">Terms</a>
        <a href="/privacy">Privacy</a> © 2026</footer><script src="/app.js"></script></body>""",
    "nothing but a script": '<html><head><title>x</title></head><body><script src="/bundle.js"></script></body></html>',
    "nothing but a script, inline": "<body><script>document.body.innerHTML = atob('PGI+')</script></body>",
    "a check of the browser": """<head><title>Just a moment...</title><meta http-equiv="refresh" content="390"></head>
        <body><div class="main-wrapper"><noscript><div>Enable JavaScript and cookies to continue</div></noscript></div>
        <script>(function(){window._opt={cvId:'3'};var a=document.createElement('script');a.src='/cdn/orchestrate';})();
        </script></body>""",
    "Dutch": """<body><noscript>Om deze site te gebruiken moet u JavaScript inschakelen.</noscript><main></main>
        <script src="/a.js"></script></body>""",
}

ORDINARY = {
    "empty": "",
    "empty body": "<html><head><title>x</title></head><body></body></html>",
    "empty with a counter": f"""<body>{GTM}<script async src="https://www.googletagmanager.com/gtag/js?id=1"></script>
        <script>window.dataLayer=[];gtag('config','1')</script></body>""",
    "nothing found": """<body><h1>Album</h1><p>No pictures here.</p><script src="/js/jquery.js"></script></body>""",
    "a forum that asks for scripts": f"""<body><noscript>JavaScript is disabled. For a better experience, please enable
        JavaScript in your browser before proceeding.</noscript>{GTM}<div id="top"><a href="/f/1">Board 1</a>
        <a href="/f/2">Board 2</a><a href="/f/3">Board 3</a><a href="/members">Members</a></div>
        <script src="/js/xf/core.js"></script></body>""",
    "rendered by the server": """<body><div id="__next"><main><h1>Holiday</h1><a href="/album/1">One</a></main></div>
        <script src="/_next/a.js"></script></body>""",
    "a viewer of one picture": """<body><noscript>Please enable JavaScript</noscript><div id="app">
        <img src="/full/5" alt="sea"></div><script src="/viewer.js"></script></body>""",
    "a gallery in inline JSON": """<body><div id="app"></div>
        <script>var gallery = {"pictures": ["/p/1.jpg", "/p/2.jpg"]};
        </script><script src="/gallery.js"></script></body>""",
    "a gallery for those without scripts": """<body><noscript>Enable JavaScript for the slide show.
        <a href="/page.html?plain=1">Plain view</a></noscript><div id="root"></div>
        <script src="/a.js"></script></body>""",
    "lazy pictures without scripts": """<body><div id="app"></div><noscript><img src="/p/1"></noscript>
        <script src="/lazy.js"></script></body>""",
    "a login form": """<body><div id="root"></div><noscript>enable JavaScript</noscript><form><input name="user">
        <input type="password"></form><script src="/a.js"></script></body>""",
    "a redirect by script": '<body><script>window.location.href = "/enter?x=1";</script></body>',
    "a redirect by refresh": '<meta http-equiv="refresh" content="0;url=/x"><script src="/a.js"></script>',
    "frames": '<frameset cols="20%,80%"><frame src="/menu"><frame src="/list"></frameset><script src="/a.js"></script>',
    "words in a root": f"""<body><div id="app"><p>{"Words that somebody wrote. " * 20}</p></div>
        <script src="/a.js"></script><noscript>This site needs JavaScript</noscript></body>""",
    "no script at all": '<body><div id="root"></div><noscript>Enable JavaScript</noscript></body>',
    "words after the end": f"""<body><div id="root"></div></body></html><p>{"Words. " * 50}</p>
        <script src="/a.js"></script>""",
    "a single picture": '<body><img src="/5"><script src="/a.js"></script></body>',
    "a text about scripts": f"""<body><p>{"You need to enable JavaScript to play. " * 9}</p>
        <script src="/a.js"></script></body>""",
}


@pytest.mark.parametrize("name", SHELLS)
def test_a_page_with_no_content_but_scripts_is_told(name: str) -> None:
    assert needs_script(SHELLS[name])


@pytest.mark.parametrize("name", ORDINARY)
def test_a_page_that_is_short_or_only_embellished_by_scripts_is_taken_as_it_is(name: str) -> None:
    assert not needs_script(ORDINARY[name])


def test_a_style_sheet_needs_no_script() -> None:
    assert not spider_of("other").needs_script(page(SHELLS["react"], stylesheet="a { color: red }"))
