"""A crawl of a site whose pages are made by scripts, from its seed to the hashes of its pictures."""

from collections import Counter
from pathlib import Path

from PIL import Image

from crawler.contract.reasons import Reason
from crawler.frontier import FrontierTable, open_frontier
from tests.browser.showing import SITE
from tests.flow.chain import Chain
from tests.flow.scripted_site import Reply, scripted_site
from tests.photographs import encoded
from tests.services import machine

SHELL = """<!doctype html><head><meta charset="iso-8859-1"><title>Album</title></head><body>
<noscript>You need to enable JavaScript to run this app.</noscript><div id="root"></div><script src="/app.js"></script>
"""
APP = """
const root = document.getElementById("root"), here = location.pathname;
fetch("/api" + here).then(r => r.json()).then(found => {
  for (const page of found.pages) root.insertAdjacentHTML("beforeend", `<a href="${page}">${page} \u00e9</a>`);
  for (const picture of found.pictures) root.insertAdjacentHTML("beforeend", `<img src="${picture}">`);
});
"""


def test_the_pictures_of_a_site_that_scripts_make_are_hashed(tmp_path: Path) -> None:
    machine.chromium()
    page = Reply(SHELL.encode(), headers={"Content-Type": "text/html"})
    picture = Reply(encoded(Image.linear_gradient("L"), "JPEG"), headers={"Content-Type": "image/jpeg"})
    json = {"Content-Type": "application/json"}
    script = {
        "/": page,
        "/album/1": page,
        "/app.js": Reply(APP.encode(), headers={"Content-Type": "text/javascript; charset=utf-8"}),
        "/api/": Reply(b'{"pages": ["/album/1", "/logout"], "pictures": ["/a.jpg"]}', headers=json),
        "/api/album/1": Reply(b'{"pages": ["/"], "pictures": ["/b.jpg", "/c"]}', headers=json),
        "/a.jpg": picture,
        "/b.jpg": picture,
        "/c": picture,
    }
    with scripted_site(SITE, script) as site:
        profile = {"name": "app", "type": "image_host", "hosts": [SITE], "seeds": [f"{site.url}/"], "browser": True}
        allowed = [{"network": f"{SITE}/32", "country": "NL", "reason": "test site"}]
        document = {
            "sites": [{**profile, "gap_seconds": 0.05}],
            "crawl": {"user_agent": "Zoeklicht/0.1 (tests)"},
            "scope": {"allow_networks": allowed},
            "browser": {"quiet_seconds": 0.5},
        }
        chain = Chain(tmp_path, document)
        chain.run("keys", "create")
        chain.finish(chain.start("crawl", "--once"), timeout=90)
        asked = Counter(site.paths())
    assert not chain.logs().count(SITE)
    frontier = open_frontier(FrontierTable(), chain.state)
    counts = frontier.stats().counts
    frontier.close()
    assert {path: asked[path] for path in ("/a.jpg", "/b.jpg", "/c", "/album/1", "/")} == dict.fromkeys(
        ("/a.jpg", "/b.jpg", "/c", "/album/1", "/"), 1
    )
    assert asked["/logout"] == 0
    assert sum(each.count for each in counts if each.reason is None) == 5
    assert sum(each.count for each in counts if each.reason is Reason.ACTING_LINK) == 1
