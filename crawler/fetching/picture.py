"""A picture between its download and its hashes: the only objects here that hold bytes, and they are no records."""

from datetime import datetime
from typing import Literal

from crawler.contract.frontier import Lease
from crawler.contract.reasons import Reason
from crawler.contract.records import Peer
from crawler.hashing import Hashed


class FetchedPicture:
    """The bytes as they came, with how they were fetched. Its repr tells nothing."""

    __slots__ = ("at", "body", "lease", "media_type", "path_inside", "peer", "status", "truncated")

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
    ) -> None:
        self.body = body
        self.lease = lease
        self.peer = peer
        self.at = at
        self.status = status
        self.media_type = media_type
        self.truncated = truncated
        self.path_inside = path_inside
        """Where the picture is inside of what was fetched: in an archive, or embedded in a page."""

    def __repr__(self) -> str:
        return "FetchedPicture(hidden)"


class HashedPicture:
    """What is left once the bytes are let go of."""

    __slots__ = ("at", "hashed", "lease", "media", "media_type", "path_inside", "peer", "size", "status", "truncated")

    def __init__(self, fetched: FetchedPicture, hashed: Hashed) -> None:
        self.size = len(fetched.body)
        self.hashed = hashed
        self.lease = fetched.lease
        self.peer = fetched.peer
        self.at = fetched.at
        self.status = fetched.status
        self.media_type = fetched.media_type
        self.truncated = fetched.truncated
        self.path_inside = fetched.path_inside
        self.media: Literal["picture", "video"] = "video" if hashed.undecoded is Reason.VIDEO else "picture"

    @property
    def reason(self) -> Reason | None:
        """Why the picture's looks are not known, if they are not."""
        return self.hashed.undecoded

    def __repr__(self) -> str:
        return "HashedPicture(hidden)"
