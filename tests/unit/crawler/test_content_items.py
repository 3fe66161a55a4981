"""What was fetched becomes an item that is published and counted: pictures, frames, archives, videos."""

from datetime import UTC, datetime

import pytest
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from crawler.contract.frontier import FoundKind, Lease, Target
from crawler.contract.reasons import Reason
from crawler.contract.records import Country, Digests, Looks, Peer
from crawler.contract.reports import Report
from crawler.contract.sites import SiteProfile
from crawler.fetching.archives import item_of_archive, item_of_picture, item_of_video, passwords_for
from crawler.fetching.content import found_in
from crawler.fetching.picture import FetchedPicture
from crawler.fetching.streaming import VideoTap
from crawler.hashing import Digester, Hashed, HashedInside, Unpacked
from crawler.hashing.digests import digests_of
from tests.hostile_archives import photo
from zoeklicht.practice.packing import zipped

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FILM = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(5000)


def fetched(body: bytes = b"bytes", *, inside: str | None = None, truncated: bool = False) -> FetchedPicture:
    target = Target(fingerprint=1, url="http://h.example/1", host="h.example", site="s", kind="picture")
    return FetchedPicture(
        body,
        lease=Lease(id="1", target=target, expires_at=1),
        peer=Peer(ip="192.0.2.1", port=80, country=Country(code="NL", source="tests", as_of="2026-01-01")),
        at=NOW,
        status=200,
        media_type="image/gif",
        truncated=truncated,
        path_inside=inside,
    )


def looks(frame: int) -> Looks:
    return Looks(width=1, height=1, frame=frame, pdq=f"{frame:064x}", pdq_quality=1, phash="0" * 16, dhash="0" * 16)


DIGESTS: Digests = digests_of(b"bytes")
STILL = Hashed(digests=DIGESTS, looks=looks(0))
MOVING = Hashed(digests=DIGESTS, looks=looks(0), frames=(looks(3), looks(5)))
BROKEN_OFF = Hashed(
    digests=DIGESTS, looks=looks(0), frames=(looks(3),), frames_missed=4, missed_for=Reason.DECODE_TIMEOUT
)
UNDECODED = Hashed(digests=DIGESTS, undecoded=Reason.TRUNCATED)


def test_a_picture_is_one_record_and_an_animation_one_for_each_frame() -> None:
    assert [each.hashed for each in item_of_picture(fetched(), STILL).pictures] == [STILL]
    item = item_of_picture(fetched(), MOVING)
    assert [each.hashed.looks for each in item.pictures] == [looks(0), looks(3), looks(5)]
    assert {each.hashed.digests.sha256 for each in item.pictures} == {DIGESTS.sha256}
    assert (item.found, item.reason, dict(item.inside)) == ("picture", None, {})


def test_frames_that_could_not_be_looked_at_are_counted() -> None:
    assert dict(item_of_picture(fetched(), BROKEN_OFF).inside) == {Reason.DECODE_TIMEOUT: 4}


def test_a_picture_that_a_page_holds_counts_as_inside_and_leaves_the_page_what_it_is() -> None:
    item = item_of_picture(fetched(inside="data:1"), UNDECODED)
    assert (item.found, item.reason, dict(item.inside)) == (None, None, {Reason.TRUNCATED: 1})
    assert item.pictures[0].path_inside == "data:1"


def test_a_video_is_one_record_without_looks() -> None:
    film = fetched()
    film.size = 10**9
    item = item_of_video(film, Hashed(digests=DIGESTS, undecoded=Reason.VIDEO))
    assert (item.found, item.reason, dict(item.inside)) == ("video", Reason.VIDEO, {})
    assert [(each.media, each.size) for each in item.pictures] == [("video", 10**9)]


def test_an_archive_has_a_record_for_each_picture_in_it_and_counts_for_all_else() -> None:
    unpacked = Unpacked(
        found=(
            HashedInside(path="a", size=7, hashed=MOVING),
            HashedInside(path="b", size=8, hashed=UNDECODED),
            HashedInside(path="c", size=9, hashed=BROKEN_OFF),
        ),
        passed={Reason.ARCHIVE_LOCKED: 2},
        reason=Reason.ARCHIVE_LOCKED,
    )
    item = item_of_archive(fetched(), unpacked)
    assert [(each.path_inside, each.size) for each in item.pictures] == [
        *[("a", 7)] * 3,
        ("b", 8),
        *[("c", 9)] * 2,
    ]
    assert {each.media_type for each in item.pictures} == {None}
    counts = {None: 2, Reason.TRUNCATED: 1, Reason.DECODE_TIMEOUT: 4, Reason.ARCHIVE_LOCKED: 2}
    assert (item.found, item.reason, dict(item.inside)) == ("archive", Reason.ARCHIVE_LOCKED, counts)


def test_an_archive_whose_download_broke_off_is_damaged_and_its_pictures_are_whole() -> None:
    unpacked = Unpacked(found=(HashedInside(path="a", size=7, hashed=STILL),), passed={}, reason=None)
    item = item_of_archive(fetched(truncated=True), unpacked)
    assert item.reason is Reason.ARCHIVE_DAMAGED
    assert not item.pictures[0].truncated


def test_only_passwords_that_somebody_gave_are_tried_the_reports_first() -> None:
    profile = SiteProfile(name="a", type="forum", hosts=("a.example",), archive_passwords=("one", "two"))
    report = Report(id="r", source="public", received_at=NOW, password="two")
    assert passwords_for(profile, None) == ("one", "two")
    assert passwords_for(profile, report) == ("two", "one")
    assert passwords_for(SiteProfile(name="a", type="forum", hosts=("a.example",)), None) == ()


@pytest.mark.parametrize(
    ("body", "media_type", "wanted_picture", "found"),
    [
        (photo(), "text/html", False, "picture"),
        (zipped({"a": b"b"}), "image/jpeg", True, "archive"),
        (zipped({"a": b"b"}), "text/html", False, "archive"),
        (FILM, "application/octet-stream", False, "video"),
        (FILM, "image/jpeg", True, "video"),
        (b"no film that is known here", "video/x-own", False, "video"),
        (b"<html>", "text/html", True, "page"),
        (b"a {}", "text/css", False, "page"),
        (b"a {}", "text/css", True, "picture"),
        (b"gone", "image/jpeg", False, "picture"),
        (b"gone", "application/json", True, "picture"),
        (b"<p>", None, False, "page"),
        (b"{}", "application/json", False, None),
        (b"", None, False, None),
    ],
)
def test_bytes_tell_what_something_is_before_its_name_does(
    body: bytes, media_type: str | None, *, wanted_picture: bool, found: FoundKind | None
) -> None:
    assert found_in(body, media_type, wanted_picture=wanted_picture) == found


class Reader(Protocol):
    """Keeps what it receives."""

    def __init__(self) -> None:
        self.received = b""
        self.lost = 0

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self.received += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002, N802
        self.lost += 1


class Tapped:
    """A tap, its reader and what it called."""

    def __init__(self, *, too_large: bool = False, most: int = 10_000) -> None:
        self.reader = Reader()
        self.digesters: list[Digester] = []
        self.cuts = 0
        self.tap = VideoTap(
            self.reader,
            too_large=too_large,
            most=most,
            found=self.digesters.append,
            going=lambda: None,
            cut=self._cut,
        )

    def feed(self, body: bytes, piece: int) -> None:
        for at in range(0, len(body), piece):
            self.tap.dataReceived(body[at : at + piece])
        self.tap.connectionLost(connectionDone)

    def _cut(self) -> None:
        self.cuts += 1


@pytest.mark.parametrize("piece", [1, 7, 1023, 1024, 1025, 100_000])
def test_a_tap_lets_everything_but_videos_through_however_it_is_cut_up(piece: int) -> None:
    for body in (photo(), b"x", b"", b"<html>" + b"y" * 3000):
        tapped = Tapped()
        tapped.feed(body, piece)
        assert (tapped.reader.received, tapped.reader.lost, tapped.digesters) == (body, 1, [])
    film = Tapped()
    film.feed(FILM, piece)
    assert (film.reader.received, film.reader.lost) == (b"", 1)
    assert [each.digests() for each in film.digesters] == [digests_of(FILM)]
    assert film.digesters[0].size == len(FILM)


def test_a_short_video_is_known_when_it_ends() -> None:
    tapped = Tapped()
    tapped.feed(FILM[:100], 10)
    assert [each.digests() for each in tapped.digesters] == [digests_of(FILM[:100])]


def test_what_is_announced_as_too_large_is_cut_at_once_unless_it_is_a_video() -> None:
    picture, film = Tapped(too_large=True), Tapped(too_large=True)
    picture.feed(photo() + bytes(5000), 100)
    assert (picture.cuts, picture.reader.received) == (1, b"")
    film.feed(FILM, 100)
    assert (film.cuts, len(film.digesters)) == (0, 1)


def test_a_video_is_cut_at_its_own_cap() -> None:
    tapped = Tapped(most=3000)
    tapped.feed(FILM, 100)
    assert tapped.cuts == 1
    assert tapped.digesters[0].size == 3100
