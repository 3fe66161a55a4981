"""The practice web's forum: boards, topics and posts, with attachments and with pictures of the image host."""

from collections.abc import Sequence
from html import escape

from PIL import Image

from zoeklicht.practice.answers import Answer, Answers
from zoeklicht.practice.hazards import Hazards
from zoeklicht.practice.image_host import ImageHost
from zoeklicht.practice.items import Item, Rendition, renditions_of
from zoeklicht.practice.markup import document, link, pages_of, thumbnail
from zoeklicht.practice.pictures import Motif, encode, paint

_BOARDS = 3
_TOPIC_PAGE = 3
_TOPIC = 11
_POST_PAGE = 4
_AVATARS = 6
_AVATARS_FROM = 900_000
"""Numbers of motifs."""
_RELINK_EVERY = 4
"""After so many posts comes one that links to what an album shows already."""


class Forum:
    """Hangs items in the forum: pages on its first address, attachments on its last."""

    def __init__(self, answers: Answers, hazards: Hazards, hosts: Sequence[str], image_host: ImageHost) -> None:
        self._answers = answers
        self._hazards = hazards
        self._pages, self._files = hosts[0], hosts[-1]
        self._image_host = image_host

    def hang(self, items: Sequence[Item], shown_elsewhere: Sequence[str], seed: int) -> None:
        """Put all in place. `shown_elsewhere`: viewer pages of the image host, to which some posts link."""
        avatars = self._hang_avatars(seed)
        posts = []
        for number, item in enumerate(items):
            posts.append(self._post_of(item, number))
            if number % _RELINK_EVERY == 0:
                posts.append(link(shown_elsewhere[number % len(shown_elsewhere)], "seen this?"))
        posts = [
            f'<div class="post">{link(avatar, thumbnail(avatar, 0))}<p>{post}</p>'
            f"{self._hazards.about_a_post(self._pages, number)}</div>"
            for number, post in enumerate(posts)
            for avatar in (avatars[number % len(avatars)],)
        ]
        topics = [posts[start : start + _TOPIC] for start in range(0, len(posts), _TOPIC)]
        listed = [
            self._hang_pages(f"/viewtopic?t={number}", topic, _POST_PAGE, f"Topic {number}")
            for number, topic in enumerate(topics)
        ]
        boards = [
            self._hang_pages(
                f"/viewforum?f={board}",
                [f"<li>{link(url, 'topic')}</li>" for url in listed[board::_BOARDS]],
                _TOPIC_PAGE,
                f"Board {board}",
            )
            for board in range(_BOARDS)
        ]
        body = "".join(link(url, "board") for url in boards) + self._hazards.footer(self._pages)
        self._answers.page(self._pages, "/", document("Forum", body))
        self._hazards.footer(self._files)  # for its robots.txt

    def _hang_pages(self, target: str, parts: Sequence[str], size: int, title: str) -> str:
        """Put a paginated page in place; returns the address of its first."""
        starts = range(0, max(1, len(parts)), size)
        targets = [target + (f"&page={page + 1}" if page else "") for page in range(len(starts))]
        for page, start in enumerate(starts):
            head, pages = pages_of(targets, page)
            body = "".join(parts[start : start + size]) + pages + self._hazards.footer(self._pages)
            self._answers.page(self._pages, targets[page], document(title, body, head=head))
        return self._answers.url(self._pages, targets[0])

    def _post_of(self, item: Item, number: int) -> str:
        """What a post says to show the item, whose files are put in place."""
        if item.style in {"hot_thumbnail", "hot_text", "hot_viewer"}:
            urls = self._image_host.hang_files(item, number)
        else:
            urls = self._attach(item)
        match item.style:
            case "inline":
                return f'<img src="{escape(urls["full"])}" alt="">'
            case "named":
                return link(urls["full"], f"{item.code}.jpg")
            case "hot_text":
                return f"look at {urls['full']}, it is great"
            case "hot_viewer":
                viewer = self._image_host.hang_viewer(item, number, urls)
                return link(viewer, thumbnail(urls["thumb"], number))
            case _:
                return link(urls["full"], thumbnail(urls["thumb"], number))

    def _attach(self, item: Item) -> dict[Rendition, str]:
        """Put an attachment's files in place, under addresses that do not look like pictures."""
        suffix: dict[Rendition, str] = {"full": "", "thumb": "&t=1"}
        return {
            rendition: self._answers.rendition(
                self._files, f"/attachment?id={item.code}{suffix[rendition]}", item, rendition
            )
            for rendition in renditions_of(item.style)
        }

    def _hang_avatars(self, seed: int) -> list[str]:
        """Small pictures that stand on every page; one of them of a single pixel, which looks like nothing."""
        pixel = encode(Image.new("RGB", (1, 1)), "gif")
        answer = Answer("picture", media_type="image/gif", body=pixel)
        urls = [self._answers.put(self._pages, "/avatars/none.gif", answer)]
        for number in range(_AVATARS):
            face = encode(paint(Motif(seed, _AVATARS_FROM + number, 64, 64, "png")), "png")
            answer = Answer("picture", media_type="image/png", body=face)
            urls.append(self._answers.put(self._pages, f"/avatars/{number}.png", answer))
        return urls
