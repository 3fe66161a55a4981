"""A wiki by MediaWiki, from Debian: galleries, categories over several pages, a page for each picture and its versions.

Half of its pages and pictures are for members only.
"""

import hashlib
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.services import cache, machine
from tests.site.applications import PASSWORD, USER, Application, Shown
from tests.site.environments import run
from tests.site.filling import lay_out_pictures

_SETTINGS = Path(__file__).parent / "wiki" / "settings.php"
_PACKAGES = ("mediawiki", "mediawiki-classes")
_TREE = Path("usr/share/mediawiki")
_ROUTER = Path(__file__).parent / "wiki" / "router.php"
_FOR_ALL, _FOR_MEMBERS = "Open", "Members"
_ACTS = ("Walk", "Delete_me", "Upload", "Log_out")
_PICTURES, _REPLACED = 25, 4
_ENDINGS = ("jpg", "png", "jpeg", "gif", "jpg")
"""Those that PHP alone makes thumbnails of. As many as divide the number of pictures: newer versions end alike."""
_LEFT_OUT = (
    # Links to where a system would have them, and what a wiki does without.
    *(f"./{_TREE}/{name}" for name in ("LocalSettings.php", "config", "extensions", "images", "extensions-core")),
    *("./var", "./etc", "./usr/share/doc", "./usr/share/lintian"),
)


def installed() -> Path:
    """MediaWiki's folder, as Debian's packages have it; nothing is written to it."""
    machine.php()

    def fill(folder: Path) -> None:
        machine.download(_PACKAGES, folder)
        left_out = [f"--exclude={path}" for path in _LEFT_OUT]
        for package in sorted(folder.glob("*.deb")):
            with subprocess.Popen(["dpkg", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as unpacking:
                subprocess.run(
                    ["tar", "--extract", "--directory", str(folder), *left_out], stdin=unpacking.stdout, check=True
                )
            if unpacking.returncode:
                raise RuntimeError(f"{package.name} cannot be unpacked. Is there room in the cache folder?")
            package.unlink()
        (folder / _TREE / "extensions").mkdir()

    return cache.folder("mediawiki", fill) / _TREE


class Wiki(Application):
    """The wiki, behind PHP's own small server."""

    name = "mediawiki"
    start_seconds = 60
    address = "127.0.0.42"
    asked_line = re.compile(r"\[(?P<status>\d{3})\]: (?P<method>[A-Z]+) (?P<path>/\S*)")

    # As MediaWiki names its actions and special pages.
    acting = re.compile(
        r"action=(edit|submit|delete|revert|rollback|protect|unprotect|watch|unwatch|purge|markpatrolled|mcr|clearhasmsg)"
        r"|Special:(UserLog|CreateAccount|Upload|MovePage|EmailUser|Preferences|ResetTokens|Change|PasswordReset|Bot"
        r"|EditWatchlist|Watchlist|ExpandTemplates|Block|Import|PageLanguage|ChangeEmail|RemoveCredentials|Notif)"
    )
    records = ("page", "revision", "image", "oldimage", "logging", "recentchanges", "watchlist", "user_properties")

    def __init__(self, outside: str) -> None:
        super().__init__(outside)
        self._tree = installed()
        self._php = [machine.php(), "-d", "opcache.enable_cli=1", "-d", "display_errors=0"]
        self.account = {
            "page": f"{self.url}/index.php/Special:UserLogin",
            "user_field": "wpName",
            "password_field": "wpPassword",
            "success": 'id="pt-logout"',
        }

    def profile(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": "image_host",
            "hosts": [self.address],
            "seeds": [f"{self.url}/"],
            # What people wrote, and categories page by page; none of the lists, logs and tools that a wiki makes.
            "page_links": [
                r"/index\.php/(?!Special:|User:|[^/?]*[Tt]alk:)[^?]*$",
                r"title=Category:.*&file(from|until)=",
            ],
            "next_links": [r"&filefrom="],
        }

    def prepare(self) -> None:
        for name in ("data", "images", "cache"):
            (self.folder / name).mkdir()
        self._install()
        pictures, pages = self.folder / "pictures", self.folder / "pages"
        titles = _named(pictures)
        # Newer versions of some: the old ones stay where a picture's page lists them.
        newer = self.folder / "newer"
        newer.mkdir()
        for title, next_title in zip(titles[:_REPLACED], titles[_PICTURES:], strict=True):
            (pictures / next_title).rename(newer / title)
        self._maintain("importImages", "--comment-ext", "txt", "--user", USER, str(pictures))
        self._maintain("importImages", "--overwrite", "--comment", "a better one", "--user", USER, str(newer))
        _write_pages(pages, titles[:_PICTURES], self.outside)
        # The main page last: MediaWiki tells times by the second, and would not notice within the same one that pages
        # which it links to exist by now.
        in_order = sorted(pages.iterdir(), key=lambda page: (page.stem == "Main Page", page))
        self._maintain("importTextFiles", "--overwrite", "--user", USER, *map(str, in_order))
        self._maintain("runJobs")
        self.shown = self._uploads()

    @property
    def database(self) -> Path:
        return self.folder / "data" / "my_wiki.sqlite"

    def environment(self) -> Mapping[str, str]:
        return {
            "MW_CONFIG_FILE": str(self.folder / "LocalSettings.php"),
            "WIKI_FOLDER": str(self.folder),
        }

    def command(self) -> Sequence[str]:
        return [*self._php, "-S", f"{self.address}:{self.port}", "-t", str(self._tree), str(_ROUTER)]

    def _install(self) -> None:
        """By MediaWiki's installer for the command line, with an account beside the administrator's."""
        place = ["--confpath", str(self.folder), "--dbtype", "sqlite", "--dbpath", str(self.folder / "data")]
        self._maintain(
            "install",
            *(*place, "--server", self.url, "--scriptpath", "", "--skins", "Vector", "--pass", PASSWORD),
            *("Photographs", "Admin"),
        )
        with (self.folder / "LocalSettings.php").open("a", encoding="utf-8") as settings:
            settings.write(f"\nrequire '{_SETTINGS}';\n")
        self._maintain("createAndPromote", USER, PASSWORD)

    def _maintain(self, script: str, *arguments: str) -> None:
        # The installer looks whether there is a configuration already.
        known = self.environment() if script != "install" else {}
        run([*self._php, str(self._tree / "maintenance" / f"{script}.php"), *arguments], **known)

    def _uploads(self) -> list[Shown]:
        """Every file as it was uploaded, old versions included."""
        images = self.folder / "images"
        files = (path for path in sorted(images.rglob("*")) if path.is_file())
        uploads = (path for path in files if path.relative_to(images).parts[0] not in {"thumb", "lockdir", "temp"})
        return [
            Shown(
                url=f"/img_auth.php/{path.relative_to(images)}",
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                # Of the old ones MediaWiki tells guests nothing, whatever the whitelist says.
                members=_FOR_MEMBERS in path.name or "archive" in path.relative_to(images).parts,
            )
            for path in uploads
        ]


def _named(folder: Path) -> list[str]:
    """Lay the pictures out in a folder, with a description beside each; their titles, every other for members."""
    lay_out_pictures(folder, _PICTURES + _REPLACED, _ENDINGS)
    titles = []
    for number, picture in enumerate(sorted(folder.iterdir())):
        circle = _FOR_MEMBERS if number % 2 else _FOR_ALL
        # A title may speak of acts without being one.
        title = f"{circle}_{_ACTS[number % len(_ACTS)]}_{picture.name}"
        # One in three is on pages only, not in a category.
        category = f"[[Category:{circle} photographs]]" if number % 3 else "See elsewhere."
        description = picture.rename(folder / title).with_suffix(".txt")
        description.write_text(f"Seen on a walk. {category}", encoding="utf-8")
        titles.append(title)
    return titles


def _write_pages(folder: Path, titles: Sequence[str], outside: str) -> None:
    """A page with a gallery, one with pictures in the text, and one that only names them, for each circle."""
    folder.mkdir()
    links = []
    for circle in (_FOR_ALL, _FOR_MEMBERS):
        files = [title for title in titles if title.startswith(circle)]
        shares = [files[number::3] for number in range(3)]
        gallery = "\n".join(f"File:{each}|a caption" for each in shares[0])
        texts = {
            f"{circle} gallery": f"<gallery>\n{gallery}\n</gallery>",
            f"{circle} stories": "\n\n".join(f"[[File:{each}|thumb|a story]] It was {each}." for each in shares[1]),
            f"{circle} list, logged": "\n".join(f"* [[Media:{each}]] or [[:File:{each}]]" for each in shares[2]),
        }
        for title, text in texts.items():
            (folder / f"{title}.txt").write_text(text, encoding="utf-8")
        links += [f"* [[{title}]]" for title in (*texts, f":Category:{circle} photographs")]
    (folder / "Main Page.txt").write_text("\n".join(["Welcome.", *links, f"* [{outside} elsewhere]"]), encoding="utf-8")
