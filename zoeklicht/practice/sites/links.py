"""Sites that lead on: banners and redirectors to other sites, short links, and one address under several names."""

import base64
from html import escape
from urllib.parse import quote

from zoeklicht.practice.hanging import Hanging, PracticeSite, Profile, profile
from zoeklicht.practice.markup import link
from zoeklicht.practice.places import IMAGE_HOSTS

BANNERS = "127.0.0.28"
SHORT_LINKS = "127.0.0.22"
ONE_ADDRESS = "127.0.0.20"
NAMES = ("2130706452", "0x7f000014", "127.0.20")
"""Other spellings of that address (RFC 3986, 7.4): to a crawler names like any other, to a server the same machine."""

_SPONSORED = 6
_SHORT = 4


def hang_banner_site(hanging: Hanging) -> None:
    """Lists of banners; each leads through a redirector to a page of the image host that nothing else leads to."""
    answers = hanging.answers
    footer = hanging.hazards.footer(BANNERS)
    banners = []
    for number in range(_SPONSORED):
        host = IMAGE_HOSTS[number % len(IMAGE_HOSTS)]
        target = hanging.page(host, f"/sponsored/{number}.html", "Sponsored", hanging.shown(host, "sponsored"))
        out = _redirector(hanging, number, target)
        item = hanging.supply.planted("plain") if number == 0 else hanging.supply.ordinary("plain")
        banner = hanging.files(BANNERS, "banners", item)["full"]
        banners.append(f'<td><a href="{escape(out)}" rel="nofollow sponsored"><img src="{banner}" alt=""></a></td>')
        answers.rendition(BANNERS, f"/banners/{item.code}-thumb.{item.files['thumb'][0]}", item, "thumb")
        banners.append(f'<td><img src="/banners/{item.code}-thumb.{item.files["thumb"][0]}" alt=""></td>')
    abroad = answers.forbid("http://elsewhere.example/banner-target", "outside")
    away = answers.redirect(BANNERS, f"/out.php?url={quote(abroad, safe='')}", abroad)
    banners.append(f'<td><a href="{escape(away)}">partner</a></td>')
    half = len(banners) // 2
    lists = [
        hanging.page(BANNERS, f"/list/{name}", name, f"<table><tr>{''.join(cells)}</tr></table>")
        for name, cells in (("top", banners[:half]), ("new", banners[half:]))
    ]
    vote = answers.acting(BANNERS, "/in.php?site=3&action=vote")
    body = "".join(link(url, "links") for url in lists) + f'<a href="{escape(vote)}">vote for us</a>{footer}'
    hanging.page(BANNERS, "/", "Links", body)


def _redirector(hanging: Hanging, number: int, target: str) -> str:
    """An address that leads to the target: by a number, or with the target wrapped in it."""
    wrapped = base64.urlsafe_b64encode(target.encode()).decode()
    written = (f"/out.php?id={number}", f"/go?url={quote(target, safe='')}&id={number}", f"/r/{wrapped}")[number % 3]
    return hanging.answers.redirect(BANNERS, written, target, status=(302, 301, 307)[number % 3])


def hang_short_links(hanging: Hanging) -> None:
    """Short links: to a direct picture, to a viewer, and to one another."""
    answers = hanging.answers
    hanging.robots(SHORT_LINKS)
    shorts = []
    for number in range(_SHORT):
        item = hanging.supply.planted()
        direct = hanging.files(SHORT_LINKS, "i", item)["full"]
        target = direct
        if number % 2:
            target = hanging.page(SHORT_LINKS, f"/v/{item.code}", "Picture", f'<img src="{direct}" alt="">')
        further = answers.redirect(SHORT_LINKS, f"/{item.code[:5]}~", target, status=308)
        shorts.append(answers.redirect(SHORT_LINKS, f"/{item.code[:5]}", further, status=301))
    item = hanging.supply.planted()
    direct = hanging.files(SHORT_LINKS, "i", item)["full"]
    box = f'<input type="text" value="[url={shorts[0]}][img]{direct}[/img][/url]" readonly>'
    hanging.page(SHORT_LINKS, "/", "Newest", "".join(link(url, url) for url in shorts) + box)


def hang_one_address(hanging: Hanging) -> None:
    """Pages and pictures spread over all names of the address."""
    hanging.robots(ONE_ADDRESS)
    port = hanging.answers.port
    albums = []
    for number, name in enumerate((ONE_ADDRESS, *NAMES)):
        body = ""
        for item in (hanging.supply.planted(), hanging.supply.ordinary(), hanging.supply.ordinary()):
            url = hanging.files(ONE_ADDRESS, f"p{number}", item)["full"]
            body += f'<img src="{url.replace(f"//{ONE_ADDRESS}:", f"//{name}:")}" alt="">'
        hanging.page(ONE_ADDRESS, f"/album/{number}", "Album", body)
        albums.append(f"http://{name}:{port}/album/{number}")
    hanging.page(ONE_ADDRESS, "/", "Albums", "".join(link(url, "album") for url in albums))


def _banner_site(port: int) -> list[Profile]:
    return [profile("banner-site", "banner_site", BANNERS, port)]


def _short_links(port: int) -> list[Profile]:
    return [profile("short-links", "image_host", SHORT_LINKS, port)]


def _one_address(port: int) -> list[Profile]:
    return [profile("one-address", "image_host", ONE_ADDRESS, port, further_hosts=NAMES)]


SITES = (
    PracticeSite("banner_site", (BANNERS,), hang_banner_site, _banner_site),
    PracticeSite("short_links", (SHORT_LINKS,), hang_short_links, _short_links),
    PracticeSite("one_address", (ONE_ADDRESS,), hang_one_address, _one_address),
)
"""In the order of this file."""
