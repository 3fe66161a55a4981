"""What is no plain picture: archives, animations, videos, pictures in pages and style sheets, from socket to record."""

import base64
import gzip
import hashlib
import os
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
import pytest
from nacl.public import PrivateKey, SealedBox

from crawler.contract.addresses import Address
from crawler.contract.frontier import Count
from crawler.contract.reasons import Reason
from crawler.contract.records import IMAGES_SEEN, ImageSeen
from crawler.frontier import FrontierTable, open_frontier
from crawler.transport import TransportTable, decode, open_subscriber
from desk.configuration import DeskTable
from desk.keys import read_secret_key
from tests.flow.chain import Chain
from tests.flow.scripted_site import Reply, ScriptedSite, page, scripted_site
from tests.flow.tracing import assert_only_stores_were_written, traced
from tests.hostile_archives import photo
from tests.hostile_pictures import scene
from tests.photographs import encoded
from tests.rar_archives import rar5
from tests.services import machine
from zoeklicht.practice.packing import locked_zip, seven_zipped, tarred, zipped

A = "127.0.0.61"
ALLOWED = [{"network": "127.0.0.61/32", "country": "NL", "reason": "test site"}]
NO_ROBOTS = {"reason": "the tests' own site, today"}


class Seen(NamedTuple):
    """A record with what its sealed address says."""

    path: str
    inside: str | None
    record: ImageSeen


class Crawled(NamedTuple):
    """What the crawl of the site below left behind."""

    seen: list[Seen]
    """In the order they were published."""
    counts: Counter[tuple[str, str, Reason | None]]
    """By kind, outcome and reason."""
    asked: list[str]
    folder: Path
    """Of everything it wrote."""
    trace: Path
    """What its processes opened."""

    def digests(self, *paths: str) -> dict[str | None, str]:
        return {each.inside: each.record.digests.sha256 for each in self.seen if each.path in paths}

    def of(self, path: str) -> list[ImageSeen]:
        return [each.record for each in self.seen if each.path == path]


def _counted(counts: Sequence[Count]) -> Counter[tuple[str, str, Reason | None]]:
    return Counter({(each.kind, each.outcome, each.reason): each.count for each in counts})


def _seen(chain: Chain) -> Iterator[Seen]:
    desk = SealedBox(PrivateKey(read_secret_key(DeskTable().secret_file(chain.state))))
    subscriber = open_subscriber(TransportTable(), chain.state, IMAGES_SEEN, "tests")
    while deliveries := subscriber.poll(limit=1000, timeout=0.2):
        for delivery in deliveries:
            record = decode(delivery.value)
            address = msgspec.json.decode(desk.decrypt(base64.urlsafe_b64decode(record.sealed_address)), type=Address)
            yield Seen(urlsplit(address.url).path, address.path_inside, record)
        subscriber.commit(deliveries)
    subscriber.close()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def film(size: int) -> bytes:
    return b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + os.urandom(size - 24)


def reply(body: bytes, media_type: str = "application/octet-stream", **more: Any) -> Reply:
    return Reply(body, headers={"Content-Type": media_type}, **more)


SMALL, LARGE, ENDLESS, PART = film(20_000), film(900_000), film(2_500_000), film(50_000)
FRAMES = [scene(96, 64).rotate(angle) for angle in (0, 0, 50, 130)]
MOVING = encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:], duration=[90, 100, 110, 120])
HELD = f'<img src="data:image/jpeg;base64,{base64.b64encode(photo(8)).decode()}">'
SHELL = '<div id="root"></div><script src="/app.js"></script><a href="/beyond">Help</a>'


def html(body: str, head: str = "") -> Reply:
    return reply(f"<html><head>{head}</head><body>{body}</body></html>".encode(), "text/html")


SITE = {
    "/": page("/archives", "/films", "/holds", "/styled", "/shell", "/moving.gif"),
    "/archives": page("/1.zip", "/2.tar.gz", "/3", "/4.jpg", "/5.7z", "/locked.zip", "/other.zip"),
    "/1.zip": reply(zipped({"album/0.jpg": photo(0), "read me.txt": b"text", "in.zip": zipped({"x.jpg": photo(1)})})),
    "/2.tar.gz": reply(tarred({"2.jpg": photo(2)}), "application/gzip"),
    "/3": reply(rar5({"3.jpg": photo(3)})),
    "/4.jpg": reply(zipped({"4.jpg": photo(4)}), "image/jpeg"),
    "/5.7z": reply(seven_zipped({"5.jpg": photo(5)})),
    "/locked.zip": reply(locked_zip({"6.jpg": photo(6)}, "open sesame")),
    "/other.zip": reply(locked_zip({"7.jpg": photo(7)}, "another")),
    "/films": page("/small.mp4", "/large", "/endless.mp4", "/zipped.mp4", "/part.mp4", "/noise.bin"),
    "/small.mp4": reply(SMALL, "video/mp4"),
    "/large": reply(LARGE),
    "/endless.mp4": reply(ENDLESS, "video/mp4"),
    "/zipped.mp4": Reply(gzip.compress(SMALL), headers={"Content-Type": "video/mp4", "Content-Encoding": "gzip"}),
    "/part.mp4": reply(PART, "video/mp4", announced=80_000),
    "/noise.bin": reply(os.urandom(900_000)),
    "/moving.gif": reply(MOVING, "image/gif"),
    "/holds": html(f"<p>text</p>{HELD}"),
    "/styled": html("text", '<link rel="stylesheet" href="/s.css">'),
    "/s.css": reply(b"body { background: url('/background.jpg') }", "text/css"),
    "/background.jpg": reply(photo(9), "image/jpeg"),
    "/shell": html(SHELL),
    "/beyond": page(),
}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """The site, crawled to the end."""
    folder = tmp_path_factory.mktemp("content")
    trace = folder.with_name("trace of content")
    with scripted_site(A, SITE) as site:
        chain = Chain(
            folder,
            {
                "sites": [profile_of(site, "/", archive_passwords=["wrong", "open sesame"])],
                "crawl": {
                    "user_agent": "Zoeklicht/0.1 (tests)",
                    "retry_seconds": 0.1,
                    "max_attempts": 2,
                    "max_response_bytes": 100_000,
                    "max_video_bytes": 2_000_000,
                },
                "scope": {"allow_networks": ALLOWED},
            },
            wrap=traced(machine.strace(), trace),
        )
        chain.run("keys", "create")
        chain.finish(chain.start("crawl", "--once"), timeout=100)
        for secret in (site.url, A, "album", "read me"):
            assert secret not in chain.logs()
        frontier = open_frontier(FrontierTable(), chain.state)
        (coverage,) = frontier.coverage()
        frontier.close()
        assert (coverage.lost, coverage.pending, coverage.leased) == (0, 0, 0)
        return Crawled(list(_seen(chain)), _counted(coverage.counts), site.paths(), folder, trace)


def profile_of(site: ScriptedSite, seed: str, **more: Any) -> dict[str, Any]:
    usual = {"name": "a", "type": "file_host", "hosts": [A], "gap_seconds": 0}
    return {**usual, "seeds": [f"{site.url}{seed}"], "robots_override": NO_ROBOTS, **more}


def test_pictures_in_archives_become_records_with_the_path_that_leads_to_them(crawled: Crawled) -> None:
    paths = ["album/0.jpg", "in.zip/x.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg"]
    found = crawled.digests("/1.zip", "/2.tar.gz", "/3", "/4.jpg", "/5.7z")
    assert found == {path: sha256(photo(number)) for number, path in enumerate(paths)}
    of_archives = [each.record for each in crawled.seen if each.inside in paths]
    assert all(record.looks is not None and record.fetch.media_type is None for record in of_archives)
    assert len({record.item_digest for record in of_archives}) == len(paths)


def test_a_locked_archive_is_opened_with_the_passwords_that_the_profile_gives(crawled: Crawled) -> None:
    assert crawled.digests("/locked.zip") == {"6.jpg": sha256(photo(6))}


def test_archives_and_what_is_in_them_are_counted_and_so_is_what_stays_locked(crawled: Crawled) -> None:
    counts = {key: count for key, count in crawled.counts.items() if key[0] in {"archive", "inside"}}
    assert counts == {
        ("archive", "fetched", None): 6,
        ("archive", "fetched", Reason.ARCHIVE_LOCKED): 1,
        ("inside", "fetched", None): 8,
        ("inside", "failed", Reason.ARCHIVE_LOCKED): 1,
    }


def test_an_animation_is_one_item_with_a_record_for_each_frame_that_looks_different(crawled: Crawled) -> None:
    records = crawled.of("/moving.gif")
    shown = [record.looks.frame for record in records if record.looks is not None]
    assert shown[0] == 0
    assert len(shown) == len(records) == 3
    assert len({record.item_digest for record in records}) == 1
    assert len({record.sighting_id for record in records}) == 3
    assert {record.digests.sha256 for record in records} == {sha256(MOVING)}


def test_a_video_leaves_its_digests_though_it_is_larger_than_anything_that_is_held(crawled: Crawled) -> None:
    for path, body in {"/small.mp4": SMALL, "/large": LARGE, "/zipped.mp4": SMALL}.items():
        (record,) = crawled.of(path)
        assert (record.media, record.undecoded, record.looks) == ("video", "video", None)
        assert (record.digests.sha256, record.fetch.size) == (sha256(body), len(body))
    assert crawled.counts["video", "fetched", Reason.VIDEO] == 4


def test_beyond_the_caps_of_videos_and_of_all_else_nothing_is_fetched(crawled: Crawled) -> None:
    assert crawled.of("/endless.mp4") == crawled.of("/noise.bin") == []
    too_large = [count for (_, _, why), count in crawled.counts.items() if why is Reason.RESPONSE_TOO_LARGE]
    assert sum(too_large) == 2


def test_a_video_that_breaks_off_is_tried_again_and_then_marked(crawled: Crawled) -> None:
    (record,) = crawled.of("/part.mp4")
    assert (record.fetch.truncated, record.digests.sha256) == (True, sha256(PART))
    assert crawled.asked.count("/part.mp4") == 2


def test_pictures_that_a_page_holds_itself_become_records(crawled: Crawled) -> None:
    assert crawled.digests("/holds") == {"data:1": sha256(photo(8))}
    (record,) = crawled.of("/holds")
    assert (record.fetch.size, record.fetch.media_type) == (len(photo(8)), "image/jpeg")


def test_pictures_that_a_style_sheet_names_are_fetched(crawled: Crawled) -> None:
    assert crawled.digests("/background.jpg") == {None: sha256(photo(9))}


def test_a_page_that_needs_a_script_is_counted_as_such_and_its_links_are_followed(crawled: Crawled) -> None:
    assert crawled.counts["page", "skipped", Reason.NEEDS_SCRIPT] == 1
    assert "/beyond" in crawled.asked


def test_nothing_of_all_this_is_written_anywhere_but_into_the_stores(crawled: Crawled) -> None:
    assert_only_stores_were_written(crawled.trace)


def test_nothing_that_was_written_holds_what_was_unpacked(crawled: Crawled) -> None:
    needles = [body[len(body) // 2 :][:48] for body in (*map(photo, range(10)), MOVING, SMALL, LARGE, PART, ENDLESS)]
    names = [b"album/0.jpg", b"x.jpg", b"read me", b"6.jpg"]
    files = [path for path in crawled.folder.rglob("*") if path.is_file()]
    assert any(path.name == "transport.sqlite" for path in files)
    for path in files:
        content = path.read_bytes()
        assert not any(needle in content for needle in needles), path.name
        assert not any(name in content for name in names), path.name


def test_a_large_video_is_never_held(tmp_path: Path) -> None:
    body = film(256 * 2**20)
    with scripted_site(A, {"/1.mp4": reply(body, "video/mp4")}) as site:
        document = {"sites": [profile_of(site, "/1.mp4")], "scope": {"allow_networks": ALLOWED}}
        chain = Chain(tmp_path, document)
        chain.run("keys", "create")
        crawling = chain.start("crawl", "--once")
        peak = 0
        while crawling.poll() is None:
            peak = max(peak, _peak_memory(crawling.pid))
            time.sleep(0.02)
        chain.finish(crawling)
    ((_, _, record),) = _seen(chain)
    assert (record.fetch.size, record.digests.sha256) == (len(body), sha256(body))
    assert 0 < peak < len(body)


def _peak_memory(pid: int) -> int:
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", told)
    return 0 if found is None else int(found[1]) * 1024
