"""Pictures in other forms than a file that a page shows: animated, within pages, in style sheets, videos, scripted."""

import base64
import hashlib
import io
from collections.abc import Callable
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from crawler.contract.reasons import Reason
from zoeklicht.practice.answers import Answer, Inside
from zoeklicht.practice.hanging import Hanging, PracticeSite, Profile, profile
from zoeklicht.practice.items import Likeness
from zoeklicht.practice.likeness import distance, pdq_of
from zoeklicht.practice.markup import PLACEHOLDER, link
from zoeklicht.practice.pictures import encode, shrunk
from zoeklicht.practice.planting import SURELY_WITHIN
from zoeklicht.practice.truth import KnownPicture

ANIMATED = "127.0.0.48"
EMBEDDED = "127.0.0.49"
STYLE_SHEETS = "127.0.0.50"
VIDEO = "127.0.0.51"
SCRIPTED = "127.0.0.52"

_FRAMES = 6
_KNOWN_FRAMES = (2, 3)
_FRAME = (320, 240)
_ANIMATIONS = (("gif", "GIF"), ("webp", "WEBP"), ("png", "PNG"))
_VIDEO_BYTES = 700_000
_MP4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"
_WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm"
_AVI = b"RIFF\xf8\xff\x00\x00AVI LIST"


def hang_animated(hanging: Hanging) -> None:
    """A GIF, a WebP and a PNG in whose middle stands a known picture; their first frames are ordinary."""
    hanging.robots(ANIMATED)
    shown = ""
    for extension, form in _ANIMATIONS:
        data, known = _animation(hanging, form)
        answer = Answer("picture", media_type=f"image/{extension}", body=data, inside=(known,))
        shown += f'<img src="{hanging.answers.put(ANIMATED, f"/{known.list_id}.{extension}", answer)}" alt="">'
    hanging.page(ANIMATED, "/", "Moving", shown)


def _animation(hanging: Hanging, form: str) -> tuple[bytes, Inside]:
    while True:
        original = hanging.supply.original()
        known = original.image.resize(_FRAME)
        frames = [
            known if frame in _KNOWN_FRAMES else hanging.supply.image().resize(_FRAME) for frame in range(_FRAMES)
        ]
        # Otherwise equal frames become one.
        frames[_KNOWN_FRAMES[1]] = known.point(lambda value: min(255, value + 6))
        buffer = io.BytesIO()
        frames[0].save(buffer, form, save_all=True, append_images=frames[1:], duration=100, loop=0)
        with Image.open(buffer) as animation:
            distances = []
            for frame in _KNOWN_FRAMES:
                animation.seek(frame)
                distances.append(distance(original.pdq, pdq_of(encode(animation.convert("RGB"), "png"))))
        if max(distances) <= SURELY_WITHIN:
            likeness = Likeness(treatment="resized", distance=min(distances))
            return buffer.getvalue(), Inside(original.entry.list_id, likeness)


def hang_embedded(hanging: Hanging) -> None:
    """Pages that hold pictures themselves, in base64: in an image, and in a style."""
    hanging.robots(EMBEDDED)
    pages = []
    for number, way in enumerate(('<img src="{data}" alt="">', "<div style=\"background: url('{data}')\"></div>")):
        small = hanging.supply.small(320)
        other = _data_address(encode(shrunk(hanging.supply.image(), 200), "jpeg"))
        body = way.format(data=_data_address(small.data)) + f'<img src="{other}" alt=""><img src="{PLACEHOLDER}">'
        html = f"<!doctype html><html><head><title>Holds it</title></head><body>{body}</body></html>"
        known = Inside(small.list_id, small.likeness, "data:1")
        page = Answer("page", body=html.encode(), inside=(known,))
        pages.append(hanging.answers.put(EMBEDDED, f"/page/{number}", page))
    hanging.page(EMBEDDED, "/", "Pages", "".join(link(url, "page") for url in pages))


def _data_address(data: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()


def hang_style_sheets(hanging: Hanging) -> None:
    """Pictures that only style sheets name: one that a page links, and one that this imports."""
    hanging.robots(STYLE_SHEETS)
    _style_sheet(hanging, "/css/more/inner.css", "")
    sheet = _style_sheet(hanging, "/css/main.css", '@import url("more/inner.css");\n')
    head = f'<link rel="stylesheet" href="{sheet}"><style>.quiet {{ color: teal }}</style>'
    hanging.page(STYLE_SHEETS, "/", "Styled", '<div class="planted"><p>Look behind me.</p></div>', head=head)


def _style_sheet(hanging: Hanging, target: str, before: str) -> str:
    planted = hanging.files(STYLE_SHEETS, "backgrounds", hanging.supply.planted())["full"]
    # By a path alone: it is relative to the sheet, or to its host, not to the page.
    path = urlsplit(planted).path
    text = f"{before}.planted {{ background: #fff url('{path}') no-repeat }}\n@font-face {{ src: url(a.woff2) }}\n"
    return hanging.answers.put(STYLE_SHEETS, target, Answer("style", media_type="text/css", body=text.encode()))


def hang_video(hanging: Hanging) -> None:
    """Videos that are known by their digests: one in a page, one to download; and one that nobody knows."""
    hanging.robots(VIDEO)
    urls = []
    kinds = ((_MP4, "mp4", "video/mp4"), (_WEBM, "webm", "video/webm"), (_AVI, "avi", "video/x-msvideo"))
    for number, (header, extension, media_type) in enumerate(kinds):
        seed = int(hanging.supply.code("video", number), 16)
        data = header + np.random.default_rng(seed).bytes(_VIDEO_BYTES)
        answer = Answer("video", media_type=media_type, body=data)
        if number < len(kinds) - 1:
            entry = _entry_of(data, number)
            hanging.known.append(entry)
            answer = answer._replace(inside=(Inside(entry.list_id, Likeness(treatment="identical", distance=0)),))
        urls.append(hanging.answers.put(VIDEO, f"/videos/{hanging.supply.code('video', number)}.{extension}", answer))
    sources = f'<video controls><source src="{urls[0]}" type="video/mp4"></video>'
    hanging.page(VIDEO, "/", "Videos", sources + link(urls[1], "download") + link(urls[2], "the other one"))


def _entry_of(data: bytes, number: int) -> KnownPicture:
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return KnownPicture(list_id=f"practice-video-{number}", sha256=hashlib.sha256(data).hexdigest(), md5=md5, pdq=None)


def hang_scripted(hanging: Hanging) -> None:
    """A page with nothing but a script, and what one sees when the script runs (`Planted.need` is "browser")."""
    hanging.robots(SCRIPTED)
    with hanging.answers.needing("browser"):
        planted = hanging.files(SCRIPTED, "p", hanging.supply.planted())["full"]
    name, extension = planted.rpartition("/")[2].split(".")
    # In pieces, so that nothing but a browser puts it together.
    script = (
        f"var name = ['{name}', '{extension}'].join('.');"
        "var picture = document.createElement('img'); picture.src = ['', 'p', name].join('/');"
        "document.getElementById('app').appendChild(picture);"
        "document.getElementById('app').appendChild(document.createTextNode('A page at last'));"
    )
    hanging.answers.put(SCRIPTED, "/app.js", Answer("script", media_type="text/javascript", body=script.encode()))
    empty = (
        '<!doctype html><html><head><title>App</title></head><body><div id="app"></div>'
        '<script src="/app.js"></script></body></html>'
    )
    page = Answer("page", body=empty.encode(), broken=Reason.NEEDS_SCRIPT)
    app = hanging.answers.put(SCRIPTED, "/app", page)
    hanging.page(SCRIPTED, "/", "Site", "<p>There is an app.</p>" + link(app, "open it") + hanging.shown(SCRIPTED))


def _profiles(name: str, host: str) -> Callable[[int], list[Profile]]:
    return lambda port: [profile(name, "other", host, port)]


SITES = (
    PracticeSite("animated", (ANIMATED,), hang_animated, _profiles("animated", ANIMATED)),
    PracticeSite("embedded", (EMBEDDED,), hang_embedded, _profiles("embedded", EMBEDDED)),
    PracticeSite("style_sheets", (STYLE_SHEETS,), hang_style_sheets, _profiles("style-sheets", STYLE_SHEETS)),
    PracticeSite("video", (VIDEO,), hang_video, _profiles("video", VIDEO)),
    PracticeSite("scripted", (SCRIPTED,), hang_scripted, _profiles("scripted", SCRIPTED)),
)
"""In the order of this file."""
