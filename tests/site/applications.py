"""Web applications as servers of the tests' own: filled, started, and asked afterwards what they were asked for."""

import contextlib
import re
import sqlite3
import urllib.error
import urllib.request
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crawler.contract.struct import Record
from tests.services import ports
from tests.services.server import Server

USER, PASSWORD = "Willem", "a-Dike-in-the-North-7"


class Shown(Record, frozen=True, kw_only=True):
    """A picture that an application serves."""

    url: str
    """Its path, as pages write it."""
    sha256: str
    members: bool
    """Whether pages for members only lead to it."""


class Asked(Record, frozen=True, kw_only=True):
    """A request, as the application's own log has it."""

    method: str
    path: str
    """With the query."""
    status: int


class Application(Server):
    """A web application on a loopback address of its own. `shown` holds once it is prepared."""

    address: str
    account: Mapping[str, Any]
    """How its profile says that one logs in, without the address of the login page and the files of secrets."""
    asked_line: re.Pattern[str]
    """A line of its log, with groups `method`, `path` and `status`."""

    acting: re.Pattern[str]
    """Its own addresses that act, or show a form with which to act."""
    records: Sequence[str]
    """Tables of its database that change only when somebody does something."""

    def __init__(self, outside: str) -> None:
        """`outside`: an address on some other host, to which its pages link."""
        super().__init__()
        self.port = ports.free()
        self.url = f"http://{self.address}:{self.port}"
        self.outside = outside
        self.shown: list[Shown] = []

    @abstractmethod
    def profile(self) -> dict[str, Any]:
        """Its site profile for guests."""

    def profile_with_account(self) -> dict[str, Any]:
        """The same for somebody who has an account; the files hold what `SECRETS` says."""
        return {**self.profile(), "login": {**self.account, "user_file": "user", "password_file": "password"}}

    @property
    def login_page(self) -> str:
        """The path of its login page."""
        page: str = self.account["page"]
        return page.removeprefix(self.url)

    @property
    @abstractmethod
    def database(self) -> Path:
        """Its database, a file of SQLite."""

    def kept(self) -> dict[str, list[tuple[object, ...]]]:
        """The rows of `records`, by table."""
        with contextlib.closing(sqlite3.connect(self.database)) as database:
            return {table: database.execute(f"SELECT * FROM {table}").fetchall() for table in self.records}

    def asked(self) -> list[Asked]:
        """What it was asked for since it was started, in order; our own look whether it answers apart."""
        found = self.asked_line.finditer(self.said())
        every = [Asked(method=each["method"], path=each["path"], status=int(each["status"])) for each in found]
        return [each for each in every if each.path != "/robots.txt?up"]

    def answers(self) -> bool:
        with contextlib.suppress(OSError):
            try:
                urllib.request.urlopen(f"{self.url}/robots.txt?up", timeout=20).close()
            except urllib.error.HTTPError as error:
                error.close()
            return True
        return False


SECRETS = {"user": USER, "password": PASSWORD}
"""Contents of the files beside the profiles."""
