"""Hash, then publish: what a spider fetched leaves as an `ImageSeen`, and its bytes are let go of on the way."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import msgspec
from scrapy.exceptions import DropItem

from crawler.contract.errors import InvalidRecordError, UnavailableError
from crawler.contract.reasons import Reason
from crawler.fetching.describing import image_seen
from crawler.fetching.picture import FetchedPicture, HashedPicture
from crawler.fetching.wiring import wiring_of
from crawler.transport import encode

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 10.0
_PUBLISH_ATTEMPTS = 12  # about a minute and a half; then the lease is given back, to be fetched again later


class HashingPipeline:
    """Bytes to hashes, in the worker processes."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HashingPipeline:
        """Called by Scrapy."""
        return cls(crawler)

    async def process_item(self, item: object) -> object:
        """A `FetchedPicture` becomes a `HashedPicture`; anything else passes."""
        if not isinstance(item, FetchedPicture):
            return item
        hashed = await asyncio.wrap_future(wiring_of(self._crawler).hashing.submit(item.body))
        picture = HashedPicture(item, hashed)
        item.body = b""
        return picture


class PublishingPipeline:
    """A `HashedPicture` is published; the item is scraped once the broker has acknowledged it."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PublishingPipeline:
        """Called by Scrapy."""
        return cls(crawler)

    async def process_item(self, item: object) -> object:
        """Raise `DropItem` when it could not be published; the lease is then given back."""
        if not isinstance(item, HashedPicture) or item.reason is Reason.EMPTY:
            return item
        wiring = wiring_of(self._crawler)
        record = image_seen(
            item,
            sealer=wiring.sealer,
            digest_key=wiring.digest_key,
            site_type=wiring.directory.profiles[item.lease.target.site].type,
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
                return item
        raise DropItem(Reason.PUBLISH_FAILED.value)
