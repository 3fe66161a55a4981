"""Plays NCMEC's hash sharing v2: windows of time, pages by offset in no order of time, tombstones, basic auth."""

import base64
import random
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from tests.list_servers.server import Answer, Asked

NAMESPACE = "https://hashsharing.ncmec.org/hashsharing/v2"


class Entry(NamedTuple):
    id: str
    at: float
    fingerprints: dict[str, str]
    classification: str = "A1"
    deleted: bool = False


class NcmecProvider:
    """One environment under `/npo`, with as many entries a page as the test wants."""

    def __init__(self, *, page: int, user: str | None = None, password: str | None = None) -> None:
        self.entries: dict[str, Entry] = {}
        self.page = page
        self.forgotten = False
        """Pages in the middle of a window are not known any more."""
        self._login = None if user is None else "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def put(self, entry: Entry) -> None:
        """As it is from now on: a provider shows the latest state only."""
        self.entries[entry.id] = entry

    def answer(self, asked: Asked) -> Answer:
        if self._login is not None and asked.headers["Authorization"] != self._login:
            return Answer(401, headers={"WWW-Authenticate": "Basic"})
        if asked.path != "/npo/v2/entries":
            return Answer(404)
        query = asked.query
        start = int(query.get("start", 1)) - 1
        if self.forgotten and start:
            return Answer(400)
        since, until = (_read(query[name]) for name in ("from", "to"))
        found = [each for each in self.entries.values() if since <= each.at < until]
        random.Random(query["from"] + query["to"]).shuffle(found)  # In no order, the same one within a window.
        onward = None
        if start + self.page < len(found):
            asked_for = {"from": query["from"], "to": query["to"]}
            place = {"start": start + self.page + 1, "size": self.page, "max": len(found)}
            onward = "/v2/entries?" + urlencode(asked_for | place)
        return Answer(200, page_of(found[start : start + self.page], onward), {"Content-Type": "application/xml"})

    def windows(self, asked: list[Asked]) -> list[tuple[str, str, int]]:
        """What was asked for: from, to and place."""
        return [(each.query["from"], each.query["to"], int(each.query.get("start", 1))) for each in asked]


def page_of(entries: list[Entry], onward: str | None) -> bytes:
    """A page as the documentation shows it."""
    newest = f' maxTimestamp="{_written(max(each.at for each in entries))}"' if entries else ""
    paging = "" if onward is None else f"<paging><next>{escape(onward)}</next></paging>"
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<queryResult xmlns="{NAMESPACE}"><images count="{len(entries)}"{newest}>'
        f'{"".join(_element(each) for each in entries)}</images><videos count="0"/>{paging}</queryResult>'
    ).encode()


def _element(entry: Entry) -> str:
    head = f'<member id="42">Example Member</member><timestamp>{_written(entry.at)}</timestamp><id>{entry.id}</id>'
    if entry.deleted:
        return f"<deletedImage>{head}</deletedImage>"
    prints = "".join(f"<{name}>{value}</{name}>" for name, value in entry.fingerprints.items())
    return (
        f"<image>{head}<classification>{entry.classification}</classification>"
        f"<fingerprints>{prints}</fingerprints></image>"
    )


def _written(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
