"""One practice run: the practice web as a child process, a configuration for it, and the score at the end."""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import msgspec
from rich.console import Console

from crawler.contract.errors import CrawlerError
from crawler.unpacking import is_available
from zoeklicht.practice.configuration import (
    practice_document,
    practice_profiles,
    practice_secrets,
    write_configuration,
)
from zoeklicht.practice.features import ALL, Feature
from zoeklicht.practice.scoring import Place, Score, score
from zoeklicht.practice.truth import Truth

_MARK = ".practice"
"""A folder with this file in it was made here and may be emptied for the next run."""
_GAP = 0.005
_NEEDS_LIBARCHIVE: frozenset[Feature] = frozenset({"file_host"})


def _features() -> frozenset[Feature]:
    """What a practice run has besides the basic web: all that this machine can do."""
    return ALL if is_available() else ALL - _NEEDS_LIBARCHIVE


class PracticeFailedError(CrawlerError):
    """The practice web did not come up."""


class PracticeRun:
    """A running practice web with everything a crawl of it needs, in one folder."""

    def __init__(self, folder: Path, console: Console) -> None:
        self._console = console
        self.folder = folder
        self.config = folder / "zoeklicht.toml"
        self._truth_file = folder / "truth.json"
        self.known_file = folder / "known.csv"

    @classmethod
    @contextmanager
    def begin(cls, folder: Path, console: Console, *, pictures: int = 300) -> Iterator[Self]:
        """Empty the folder, start the web, write the configuration; end the web on leaving.

        Raises `PracticeFailedError`, also when the folder holds something that was not made by a practice run.
        """
        _empty(folder)
        run = cls(folder, console)
        arguments = ["--pictures", str(pictures), "--truth", str(run._truth_file), "--known", str(run.known_file)]
        arguments += ["--features", ",".join(sorted(_features()))]
        if not is_available():
            console.print(
                "Archives are left out: libarchive is not installed (on Debian: apt-get install libarchive13)."
            )
        web = subprocess.Popen(  # noqa: S603  # our own interpreter and arguments
            [sys.executable, "-m", "zoeklicht", "practice", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            assert web.stdout is not None
            ready = web.stdout.readline().strip()
            if not ready:
                raise PracticeFailedError("The practice web did not start; what it said stands above.")
            console.print(ready, soft_wrap=True, highlight=False)
            run._write_config(port=_port_of(ready))
            yield run
        finally:
            web.terminate()
            web.wait()

    @property
    def truth(self) -> Truth:
        """What there is to find."""
        return msgspec.json.decode(self._truth_file.read_bytes(), type=Truth)

    def score(self, hits: Iterable[Place]) -> Score:
        """How the opened addresses of all hits compare with the truth."""
        return score(self.truth, hits)

    def print_score(self, result: Score) -> None:
        """Say how it went, in words that anyone running it for the first time understands."""
        wrong = len(result.near_misses) + len(result.forbidden) + len(result.false) + len(result.repeated)
        verdict = "[green]All found, nothing else.[/]" if result.perfect else "[red]Not as it should be.[/]"
        self._console.print(
            f"Score: {result.found} of {result.planted} planted pictures found, {wrong} wrong hits. {verdict}"
        )
        for feature, count in sorted(result.unproven.items()):
            self._console.print(f"  {count} overlooked that prove: {feature}")

    def _write_config(self, *, port: int) -> None:
        document = practice_document()
        document["crawl"] = {"user_agent": "Zoeklicht/0.1 (practice run)", "retry_seconds": 1}
        profiles = practice_profiles(port=port, gap_seconds=_GAP, features=_features())
        write_configuration(self.config, document, profiles, practice_secrets(_features()))


def _empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise PracticeFailedError(f"{folder} holds something that no practice run made. Move it away.")
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / _MARK).touch()


def _port_of(ready: str) -> int:
    """The port in the line with which the practice web says that it is ready."""
    address = next(word for word in ready.split() if word.startswith("http://"))
    port = urlsplit(address).port
    assert port is not None
    return port
