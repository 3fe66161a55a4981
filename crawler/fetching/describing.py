"""From a hashed picture to its record: addresses sealed, digests keyed, nothing else told."""

from crawler.contract.addresses import Address
from crawler.contract.digesting import keyed_digest
from crawler.contract.records import Fetch, ImageSeen, Origin, SiteType
from crawler.fetching.picture import HashedPicture
from crawler.sealing import Sealer

MOST_CHAIN_CHARACTERS = 65_536
"""Of the chain of pages in a sealed address: what is sealed travels in every record and stays with every hit."""


def within(chain: tuple[str, ...], characters: int) -> tuple[str, ...]:
    """The chain, without pages from its middle where it is too long: the seed and the last pages tell most."""
    if sum(map(len, chain)) <= characters:
        return chain
    left = characters - len(chain[0])
    kept: list[str] = []
    for page in reversed(chain[1:]):
        left -= len(page)
        if left < 0:
            break
        kept.append(page)
    return (chain[0], *reversed(kept))


def image_seen(picture: HashedPicture, *, sealer: Sealer, digest_key: bytes, site_type: SiteType) -> ImageSeen:
    """The record of one fetch of one picture, or of one that the server says is what it was: both are sightings.

    Pictures inside of something are items of their own; frames of an animation are sightings of one item.
    """
    target = picture.lease.target
    page_url = target.chain[-1] if target.chain else None
    inside = picture.path_inside or ""
    looks = picture.hashed.looks
    frame = 0 if looks is None else looks.frame
    address = Address(
        url=target.url,
        page_url=page_url,
        chain=within(target.chain, MOST_CHAIN_CHARACTERS),
        path_inside=picture.path_inside,
    )
    return ImageSeen(
        sighting_id=keyed_digest(digest_key, "sighting", target.url, inside, str(frame), picture.at.isoformat()),
        item_digest=keyed_digest(digest_key, "item", target.url, inside),
        page_digest=None if page_url is None else keyed_digest(digest_key, "page", page_url),
        sealed_address=sealer.seal(address),
        origin=Origin(host=target.host, site=target.site, site_type=site_type, report_id=target.report_id),
        peer=picture.peer,
        fetch=Fetch(
            at=picture.at,
            status=picture.status,
            media_type=picture.media_type,
            size=picture.size,
            truncated=picture.truncated,
        ),
        media=picture.media,
        digests=picture.hashed.digests,
        looks=looks,
        undecoded=None if picture.reason is None else picture.reason.value,
    )
