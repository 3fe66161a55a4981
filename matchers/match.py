"""From what the known set answered about a picture to what is stored. Pure: the same input gives the same records."""

from collections.abc import Sequence

from crawler.contract.digesting import keyed_digest
from crawler.contract.records import ImageSeen
from matchers.contract.records import Evidence, Found, Hit, Match, Sighting
from matchers.seen import SeenPicture, remembered


def findings(seen: ImageSeen, matches: Sequence[Match], known_version: int, digest_key: bytes) -> Found:
    """The hit, its evidence (one for each match, in their order) and its sighting.

    Every id is deterministic: the same picture at the same address, matched again, has the same hit and the same
    evidence; the same fetch, delivered again, is the same sighting. Raises `ValueError` without a match.
    """
    return findings_again(remembered(seen, digest_key), matches, known_version, digest_key)


def findings_again(seen: SeenPicture, matches: Sequence[Match], known_version: int, digest_key: bytes) -> Found:
    """As `findings`, of a picture out of the store of what was seen: the same records, to the letter."""
    if not matches:
        raise ValueError("a picture without a match is no finding")
    hit = Hit(
        id=seen.item_digest,
        sealed_address=seen.sealed_address,
        page_digest=seen.page_digest,
        origin=seen.origin,
        peer=seen.peer,
        media_type=seen.media_type,
        width=seen.width,
        height=seen.height,
    )
    evidence = tuple(
        Evidence(
            id=keyed_digest(digest_key, "evidence", hit.id, match.algorithm, match.list, match.list_id, seen.picture),
            hit_id=hit.id,
            picture=seen.picture,
            match=match,
            pdq_quality=seen.quality_of(match.prepared),
            known_version=known_version,
            seen_at=seen.at,
        )
        for match in matches
    )
    sighting = Sighting(id=seen.sighting_id, hit_id=hit.id, at=seen.at, status=seen.status, ip=seen.peer.ip)
    return Found(hit=hit, evidence=evidence, sighting=sighting)
