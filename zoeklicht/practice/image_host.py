"""The practice web's image host, on several addresses: front page, lists of albums, albums, viewer pages, pictures."""

from collections.abc import Sequence
from html import escape

from zoeklicht.practice.answers import Answers
from zoeklicht.practice.hazards import Hazards
from zoeklicht.practice.items import Item, Rendition, Style, renditions_of
from zoeklicht.practice.markup import PLACEHOLDER, document, link, pages_of, thumbnail

_ALBUM = 24
_ALBUM_PAGE = 12
_LIST_PAGE = 5
_NEWEST = 4
_HAZARDOUS = 5
"""One viewer page in so many has links that act on its picture."""

_HEAD: dict[Style, str] = {"open_graph": '<meta property="og:image" content="{full}">'}
_BODY: dict[Style, str] = {
    "plain": '<img src="{full}" alt="">',
    "srcset": '<img src="{middle}" srcset="{middle} 1x, {full} 2x" alt="">',
    "lazy": f'<img src="{PLACEHOLDER}" data-src="{{full}}" alt="">',
    "source": '<picture><source type="image/webp" srcset="{webp}"><img src="{full}" alt=""></picture>',
    "direct": '<img src="{thumb}" alt=""><p><a href="{full}">Direct link</a></p>',
    "background": "<div style=\"background-image: url('{full}')\"></div>",
    "open_graph": '<img src="{thumb}" alt="">',
    "code": '<img src="{thumb}" alt=""><input type="text" value="[img]{full}[/img]" readonly>',
    "redirect": '<a href="{go}"><img src="{thumb}" alt=""></a>',
    "poster": '<video poster="{full}"></video>',
    "hot_viewer": '<img src="{full}" alt="">',
}


class ImageHost:
    """Hangs items on the image host."""

    def __init__(self, answers: Answers, hazards: Hazards, hosts: Sequence[str]) -> None:
        self._answers = answers
        self._hazards = hazards
        self._hosts = hosts

    def hang_files(self, item: Item, number: int) -> dict[Rendition, str]:
        """Put an item's files in place, the full picture on another address than its thumbnail; returns where."""
        urls = {}
        for rendition in renditions_of(item.style):
            extension = item.files[rendition][0] if rendition in item.files else "jpg"
            host = self._hosts[(number + (rendition == "full")) % len(self._hosts)]
            urls[rendition] = self._answers.rendition(host, f"/{rendition}/{item.code}.{extension}", item, rendition)
        return urls

    def hang_viewer(self, item: Item, number: int, urls: dict[Rendition, str], *, head: str = "") -> str:
        """Put an item's viewer page in place; returns its address."""
        host = self._hosts[number % len(self._hosts)]
        shown: dict[str, str] = {str(rendition): url for rendition, url in urls.items()}
        if item.style == "redirect":
            shown["go"] = self._answers.redirect(host, f"/go/{item.code}", urls["full"])
        body = _BODY[item.style].format(**shown)
        if number % _HAZARDOUS == 0:
            body += self._hazards.about_a_picture(host, item.code, urls["full"])
        head += _HEAD.get(item.style, "").format(**shown)
        page = document("Picture", body + self._hazards.footer(host), head=head)
        return self._answers.page(host, f"/view/{item.code}.jpg.html", page)

    def hang_albums(self, items: Sequence[Item]) -> list[str]:
        """Put all albums, their lists and the front page in place; returns the addresses of the viewer pages."""
        albums, viewers = [], []
        for number, start in enumerate(range(0, len(items), _ALBUM)):
            shown = [
                self._hang_in_album(item, number, place)
                for place, item in enumerate(items[start : start + _ALBUM], start=start)
            ]
            albums.append(self._hang_album(number, [html for html, _ in shown]))
            viewers += [viewer for _, viewer in shown]
        self._hang_lists(albums)
        return viewers

    def _hang_in_album(self, item: Item, album: int, place: int) -> tuple[str, str]:
        """The thumbnail that leads to the viewer page, and the address of that."""
        urls = self.hang_files(item, album + place)
        viewer = self.hang_viewer(item, album + place, urls)
        return link(viewer, thumbnail(urls["thumb"], place)), viewer

    def _hang_album(self, number: int, shown: Sequence[str]) -> str:
        host = self._hosts[number % len(self._hosts)]
        starts = range(0, len(shown), _ALBUM_PAGE)
        targets = [f"/album/{number}" + (f"?page={page + 1}" if page else "") for page in range(len(starts))]
        for page, start in enumerate(starts):
            head, pages = pages_of(targets, page)
            body = "".join(shown[start : start + _ALBUM_PAGE]) + pages + self._hazards.footer(host)
            self._answers.page(host, targets[page], document(f"Album {number}", body, head=head))
        return self._answers.url(host, targets[0])

    def _hang_lists(self, albums: Sequence[str]) -> None:
        host = self._hosts[0]
        footer = self._hazards.footer(host)
        starts = range(0, len(albums), _LIST_PAGE)
        targets = [f"/albums?page={page + 1}" for page in range(len(starts))]
        for page, start in enumerate(starts):
            head, pages = pages_of(targets, page)
            listed = "".join(f"<li>{link(url, 'album')}</li>" for url in albums[start : start + _LIST_PAGE])
            self._answers.page(host, targets[page], document("Albums", f"<ul>{listed}</ul>{pages}{footer}", head=head))
        newest = "".join(link(url, "new album") for url in albums[-_NEWEST:])
        body = f'<h1>Pictures</h1>{newest}<a href="{escape(targets[0])}">all albums</a>'
        self._answers.page(host, "/", document("Pictures", body + self._hazards.wrong_ways(host) + footer))
