"""A file host: a landing page, a waiting page, and then an archive, some of them under a password."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import NamedTuple

from crawler.contract.reasons import Reason
from zoeklicht.practice.answers import Answer, Inside
from zoeklicht.practice.hanging import Hanging, PracticeSite, Profile, profile
from zoeklicht.practice.markup import link
from zoeklicht.practice.packing import bomb, locked_zip, seven_zipped, tarred, zipped
from zoeklicht.practice.pictures import encode

FILE_HOST = "127.0.0.26"
PASSWORD_ON_PAGE = "zon-en-zee"  # noqa: S105  # of pictures of nothing
PASSWORD_TOLD_ELSEWHERE = "wind-in-de-wilgen"  # noqa: S105  # as above
PASSWORDS = [PASSWORD_ON_PAGE, PASSWORD_TOLD_ELSEWHERE]
"""Those that the profile states."""
_PASSWORD_OF_NOBODY = "never-told-anyone"  # noqa: S105  # as above

_ZIP = "application/zip"
_BOMB_FILES, _BOMB_MEGABYTES = 16, 20
"""More than is unpacked without a look at the ratio, in files of which none is too large by itself."""
_WAYS = (
    '<meta http-equiv="refresh" content="1; url={url}">',
    '<p>Your download starts in <b>1</b> s.</p><a id="download" href="{url}">Download now</a>',
    '<p id="countdown">1</p><script>setTimeout(function () {{ window.location.href = "{url}"; }}, 1000);</script>',
)
"""How a waiting page leads on."""


class _Upload(NamedTuple):
    name: str
    media_type: str
    data: bytes
    inside: tuple[Inside, ...] = ()
    broken: Reason | None = None
    told: str = ""
    """What the landing page says besides."""


def hang(hanging: Hanging) -> None:
    """A list of uploads, and for each its landing page, waiting page and file."""
    footer = hanging.hazards.footer(FILE_HOST)
    landings = [_hang_upload(hanging, number, upload) for number, upload in enumerate(_uploads(hanging))]
    listed = "".join(f"<li>{link(url, 'file')}</li>" for url in landings)
    hanging.page(FILE_HOST, "/", "Files", f"<ul>{listed}</ul>{footer}")


def _hang_upload(hanging: Hanging, number: int, upload: _Upload) -> str:
    code = hanging.supply.code("upload", number)
    token = hanging.supply.code("token", number)
    file = Answer("archive", media_type=upload.media_type, body=upload.data, inside=upload.inside, broken=upload.broken)
    url = hanging.answers.put(FILE_HOST, f"/get/{code}/{upload.name}?t={token}", file)
    # The first two ways by turns; what only a script says is tried once, on a file that any reader opens.
    way = _WAYS[2] if number == 1 else _WAYS[number // 2 % 2]
    waiting = hanging.page(FILE_HOST, f"/wait/{code}", "Please wait", way.format(url=url))
    report = hanging.answers.acting(FILE_HOST, f"/abuse/report?f={code}")
    delete = hanging.answers.acting(FILE_HOST, f"/delete/{code}")
    body = (
        f"<h1>{upload.name}</h1><p>{len(upload.data)} bytes</p>{upload.told}{link(waiting, 'Slow download')}"
        f'<a href="{report}">report</a><a href="{delete}">delete</a>'
    )
    return hanging.page(FILE_HOST, f"/f/{code}/{upload.name}.html", upload.name, body)


def _uploads(hanging: Hanging) -> list[_Upload]:
    bundles = count()

    def packed(
        name: str, media_type: str, pack: Callable[[Mapping[str, bytes]], bytes], *, prefix: str = "", told: str = ""
    ) -> _Upload:
        files, inside = _bundle(hanging, next(bundles), prefix)
        return _Upload(name, media_type, pack(files), inside, None, told)

    whole, _ = _bundle(hanging, next(bundles))
    ordinary = {f"sky/{number}.jpg": encode(hanging.supply.image(), "jpeg") for number in range(2)}
    said = f"<p>Password: {PASSWORD_ON_PAGE}</p>"
    return [
        packed("holiday.zip", _ZIP, zipped),
        packed("garden.zip", "application/octet-stream", zipped),
        packed("lake.tar.gz", "application/gzip", tarred),
        packed("forest.7z", "application/x-7z-compressed", seven_zipped),
        packed("beach.zip", _ZIP, lambda files: locked_zip(files, PASSWORD_ON_PAGE), told=said),
        packed("river.zip", _ZIP, lambda files: locked_zip(files, PASSWORD_TOLD_ELSEWHERE)),
        packed("all.zip", _ZIP, lambda files: zipped({"more/inner.zip": zipped(files)}), prefix="more/inner.zip/"),
        _Upload("clouds.zip", _ZIP, zipped(ordinary)),
        _Upload("secret.zip", _ZIP, locked_zip(whole, _PASSWORD_OF_NOBODY), broken=Reason.ARCHIVE_LOCKED),
        _Upload("half.zip", _ZIP, zipped(whole)[:2_000], broken=Reason.ARCHIVE_DAMAGED),
        _Upload("huge.zip", _ZIP, bomb(files=_BOMB_FILES, megabytes=_BOMB_MEGABYTES), broken=Reason.ARCHIVE_RATIO),
    ]


def _bundle(hanging: Hanging, number: int, prefix: str = "") -> tuple[dict[str, bytes], tuple[Inside, ...]]:
    """Files to pack, and which of them are known, by their path with the prefix before it."""
    first, second = hanging.supply.identical(), hanging.supply.small(240)
    ordinary = encode(hanging.supply.image(), "jpeg")
    known = {f"day {number}/één.jpg": first, f"day {number}/two/DSC_0{number}.JPG": second}
    files = {"readme.txt": b"Pictures of nothing.", f"day {number}/other.jpg": ordinary}
    files |= {path: small.data for path, small in known.items()}
    inside = tuple(Inside(small.list_id, small.likeness, prefix + path) for path, small in known.items())
    return files, inside


def _profiles(port: int) -> list[Profile]:
    return [profile("file-host", "file_host", FILE_HOST, port, archive_passwords=PASSWORDS)]


SITES = (PracticeSite("file_host", (FILE_HOST,), hang, _profiles),)
"""The one site of this file."""
