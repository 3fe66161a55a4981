"""What was fetched between its download and its hashes: the only objects here that hold bytes, and they are no records.

A `FetchedPicture` goes into the pipelines and a `HashedItem` comes out, which says what it turned out to be and holds
a `HashedPicture` for each record to publish.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from crawler.contract.frontier import FoundKind, Lease
from crawler.contract.reasons import Reason
from crawler.contract.records import Peer
from crawler.hashing import Hashed


class FetchedPicture:
    """The bytes as they came, with how they were fetched. An archive or a video, too. Its repr tells nothing."""

    __slots__ = (
        "at",
        "body",
        "found",
        "hashed",
        "lease",
        "media_type",
        "passwords",
        "path_inside",
        "peer",
        "size",
        "status",
        "truncated",
    )

    def __init__(
        self,
        body: bytes,
        *,
        lease: Lease,
        peer: Peer,
        at: datetime,
        status: int,
        media_type: str | None,
        truncated: bool,
        path_inside: str | None = None,
        found: FoundKind = "picture",
        passwords: Sequence[str] = (),
    ) -> None:
        self.body = body
        self.size = len(body)
        self.lease = lease
        self.peer = peer
        self.at = at
        self.status = status
        self.media_type = media_type
        self.truncated = truncated
        self.path_inside = path_inside
        """Where the picture is inside of what was fetched: in an archive, or embedded in a page."""
        self.found = found
        """What it is: by it the pipeline chooses what to do with it."""
        self.passwords = tuple(passwords)
        """To open an archive with, in this order."""
        self.hashed: Hashed | None = None
        """A video's digests, made while its bytes came by; `size` is then theirs."""

    def __repr__(self) -> str:
        return "FetchedPicture(hidden)"


class HashedPicture:
    """What is left of one picture, frame or video once its bytes are let go of: what becomes one record."""

    __slots__ = ("at", "hashed", "lease", "media", "media_type", "path_inside", "peer", "size", "status", "truncated")

    def __init__(
        self, fetched: FetchedPicture, hashed: Hashed, *, path_inside: str | None = None, size: int | None = None
    ) -> None:
        """`path_inside` and `size`: of a picture in an archive, where it is itself no more than a part."""
        inside = path_inside is not None
        self.size = fetched.size if size is None else size
        self.hashed = hashed
        self.lease = fetched.lease
        self.peer = fetched.peer
        self.at = fetched.at
        self.status = fetched.status
        self.media_type = None if inside else fetched.media_type
        self.truncated = fetched.truncated and not inside
        self.path_inside = path_inside if inside else fetched.path_inside
        self.media: Literal["picture", "video"] = "video" if hashed.undecoded is Reason.VIDEO else "picture"

    @property
    def reason(self) -> Reason | None:
        """Why the picture's looks are not known, if they are not."""
        return self.hashed.undecoded

    def __repr__(self) -> str:
        return "HashedPicture(hidden)"


class HashedItem:
    """What a fetched picture, archive or video came to: all of it is published, then the item counts as scraped."""

    __slots__ = ("found", "inside", "lease", "pictures", "reason")

    def __init__(
        self,
        lease: Lease,
        *,
        found: FoundKind | None,
        pictures: Sequence[HashedPicture],
        inside: Mapping[Reason | None, int],
        reason: Reason | None,
    ) -> None:
        self.lease = lease
        self.found = found
        """What the target turned out to be; None: this is only a part of it (a picture that a page holds)."""
        self.pictures = tuple(pictures)
        """One for each record."""
        self.inside = Counter(inside)
        """What is inside of it, by the reason that kept it from being hashed (None: hashed), for `Outcome.inside`."""
        self.reason = reason
        """Why it is not what it should be; None: all went well."""

    def __repr__(self) -> str:
        return f"HashedItem(found={self.found!r}, reason={self.reason!r})"
