"""An image board: a catalogue, threads of which some vanish while one looks, thumbnails that lead to full files."""

from zoeklicht.practice.answers import Answer
from zoeklicht.practice.asked import Asked
from zoeklicht.practice.hanging import Hanging, PracticeSite, Profile, profile
from zoeklicht.practice.markup import pages_of
from zoeklicht.practice.touched import Touches

BOARD = "127.0.0.24"
_THREADS = 48
_INDEX_PAGE = 10
_FIRST = 104_200
HASTY = (1, 11)
"""Threads by their place in the catalogue that are pruned, pictures too, once many other pages were asked for."""
HASTY_PAGES = 30
"""So many. A crawler that puts pictures before pages has them by then, whatever it leased beforehand."""
ONCE = 4
"""A thread that is shown to the first who asks and is gone afterwards; its pictures stay."""
GONE = (7, 20)
"""Threads that the catalogue still lists and that are gone."""
_WITH_PICTURES = (0, *HASTY, ONCE, 15, 30, 47)

_PRUNED = Answer("missing", 404, body=b"<!doctype html><title>404</title><p>This thread was pruned.")


def hang(hanging: Hanging) -> None:
    """Put the board in place: `/b/` with its index pages, `/b/catalog`, threads, `/b/src/` and `/b/thumb/`."""
    answers = hanging.answers
    pruned: dict[str, str] = {}
    threads = [_hang_thread(hanging, place, pruned) for place in range(_THREADS)]
    targets = [f"/b/{page or ''}" for page in range(-(-_THREADS // _INDEX_PAGE))]
    for page, target in enumerate(targets):
        # The index knows the newest threads only by a line; all of them stand in the catalogue.
        listed = "".join(f'<a href="{url}">Reply</a><hr>' for url in threads[page * _INDEX_PAGE :][:_INDEX_PAGE])
        head, pages = pages_of(targets, page)
        hanging.page(BOARD, target, "/b/", f"{listed}{pages}<a href='/b/catalog'>Catalog</a>", head=head)
    catalogue = "".join(f'<div class="thread"><a href="{url}">thread</a></div>' for url in threads)
    hanging.page(BOARD, "/b/catalog", "/b/ catalog", catalogue)
    footer = hanging.hazards.footer(BOARD)
    hanging.page(BOARD, "/", "Boards", f'<a href="/b/">/b/</a><a href="/b/catalog">catalog</a>{footer}')
    once = f"/b/thread/{_FIRST + ONCE}"

    def make(_: Touches) -> _Pruning:
        return _Pruning(pruned, once)

    answers.rule(BOARD, make)


def _hang_thread(hanging: Hanging, place: int, pruned: dict[str, str]) -> str:
    """Put a thread in place and return its path; `pruned` learns which pictures go with a hasty one."""
    number = _FIRST + place
    target = f"/b/thread/{number}"
    if place in GONE:
        hanging.answers.put(BOARD, target, _PRUNED)
        return target
    posts = []
    for reply in range(3 if place in _WITH_PICTURES else 0):
        # Shown as boards do: the file's name and its thumbnail both lead to the full file, by an address of no scheme.
        item = hanging.supply.ordinary("attached") if reply == 0 else hanging.supply.planted("attached")
        urls = hanging.files(BOARD, "b/src", item)
        if place in HASTY:
            pruned |= {_target(url): target for url in urls.values()}
        full, thumb = (urls[name].removeprefix("http:") for name in ("full", "thumb"))
        file = f'<p>File: <a href="{full}">{item.code}.jpg</a></p><a href="{full}"><img src="{thumb}" alt=""></a>'
        posts.append(f'<div class="post" id="p{number}{reply}">{file}{_post_menu(hanging, number, reply)}</div>')
    posts.append(f'<div class="post">&gt;&gt;{number} nice<a href="{target}#p{number}">No.</a></div>')
    form = f'<form method="post" action="{hanging.answers.acting(BOARD, "/b/imgboard.php")}"><input name="com"></form>'
    hanging.page(BOARD, target, f"Thread {number}", form + "".join(posts) + '<a href="/b/">Return</a>')
    return target


def _post_menu(hanging: Hanging, number: int, reply: int) -> str:
    targets = (f"/b/report.php?no={number}{reply}", f"/b/imgboard.php?mode=delete&no={number}{reply}")
    return "".join(f'<a href="{hanging.answers.acting(BOARD, target)}">x</a>' for target in targets)


def _target(url: str) -> str:
    return "/" + url.split("/", 3)[3]


class _Pruning:
    """Makes threads vanish."""

    def __init__(self, pruned: dict[str, str], once: str) -> None:
        """`pruned`: the thread of each picture that vanishes with it."""
        self._thread_of = {**pruned, **{thread: thread for thread in pruned.values()}}
        self._left: dict[str, int] = {}
        """Requests for other pages that are left to each hasty thread, once it was seen."""
        self._once = once
        self._once_seen = False

    def __call__(self, asked: Asked, answer: Answer | None) -> Answer | None:
        if answer is None:
            return None
        thread = self._thread_of.get(asked.target)
        if answer.kind == "page":
            for other in self._left:
                if other != thread:
                    self._left[other] -= 1
        if thread is not None:
            if self._left.get(thread, 1) <= 0:
                return _PRUNED._replace(feature="image_board")
            if answer.kind == "page":
                self._left.setdefault(thread, HASTY_PAGES)
        if asked.target == self._once:
            if self._once_seen:
                return _PRUNED._replace(feature="image_board")
            self._once_seen = True
        return answer


def _profiles(port: int) -> list[Profile]:
    return [profile("image-board", "image_board", BOARD, port)]


SITES = (PracticeSite("image_board", (BOARD,), hang, _profiles),)
"""The one site of this file."""
