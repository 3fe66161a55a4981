"""Hash, then publish: what a spider fetched leaves as `ImageSeen` records, and its bytes are let go of on the way."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import msgspec
from scrapy.exceptions import DropItem

from crawler.contract.errors import InvalidRecordError, UnavailableError
from crawler.contract.reasons import Reason
from crawler.fetching.archives import item_of_archive, item_of_picture, item_of_video
from crawler.fetching.describing import image_seen
from crawler.fetching.picture import FetchedPicture, HashedItem, HashedPicture
from crawler.fetching.wiring import wiring_of
from crawler.transport import encode

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 10.0
_PUBLISH_ATTEMPTS = 12  # about a minute and a half; then the lease is given back, to be fetched again later
_AT_ONCE = 32
"""Records of one archive that are under way to the broker together. Sealing them holds the reactor for some ms."""


class HashingPipeline:
    """Bytes to hashes, in the worker processes."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HashingPipeline:
        """Called by Scrapy."""
        return cls(crawler)

    async def process_item(self, item: object) -> object:
        """A `FetchedPicture` becomes a `HashedItem`; anything else passes."""
        if not isinstance(item, FetchedPicture):
            return item
        hashed = await self._hashed(item)
        item.body = b""
        return hashed

    async def _hashed(self, item: FetchedPicture) -> HashedItem:
        if item.found == "video":
            assert item.hashed is not None
            return item_of_video(item, item.hashed)
        pool = wiring_of(self._crawler).hashing
        if item.found == "archive":
            unpacked = await asyncio.wrap_future(pool.submit_archive(item.body, item.passwords))
            return item_of_archive(item, unpacked)
        return item_of_picture(item, await asyncio.wrap_future(pool.submit(item.body)))


class PublishingPipeline:
    """All records of a `HashedItem` are published; it is scraped once the broker has acknowledged every one."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PublishingPipeline:
        """Called by Scrapy."""
        return cls(crawler)

    async def process_item(self, item: object) -> object:
        """Raise `DropItem` when not all could be published; the lease is then given back.

        What was published before is published again with the next try, as the same item's further sightings.
        """
        if not isinstance(item, HashedItem):
            return item
        pictures = [picture for picture in item.pictures if picture.reason is not Reason.EMPTY]
        for begin in range(0, len(pictures), _AT_ONCE):
            await asyncio.gather(*(self._publish(picture) for picture in pictures[begin : begin + _AT_ONCE]))
        return item

    async def _publish(self, picture: HashedPicture) -> None:
        wiring = wiring_of(self._crawler)
        record = image_seen(
            picture,
            sealer=wiring.sealer,
            digest_key=wiring.digest_key,
            site_type=wiring.directory.profiles[picture.lease.target.site].type,
        )
        key = record.digests.sha256.encode("ascii")
        reason = None
        try:
            value = encode(record)
        except InvalidRecordError as error:
            logger.error("A record of site %r is invalid: %s", record.origin.site, error)  # noqa: TRY400
            value, reason = msgspec.json.encode(record), str(error)
        wait = _FIRST_WAIT
        for attempt in range(_PUBLISH_ATTEMPTS):
            try:
                sent = (
                    wiring.publisher.publish(key, value)
                    if reason is None
                    else wiring.publisher.bury(key, value, reason)
                )
                await asyncio.wrap_future(sent)
            except UnavailableError as error:
                if attempt == 0:
                    logger.warning("The transport does not answer; waiting for it. %s", error)
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
            else:
                return
        raise DropItem(Reason.PUBLISH_FAILED.value)
