"""From what the known set answered about a picture to what is stored. Pure: the same input gives the same records."""

from collections.abc import Sequence

from crawler.contract.digesting import keyed_digest
from crawler.contract.records import ImageSeen
from matchers.contract.records import Evidence, Found, Hit, Match, Sighting


def findings(seen: ImageSeen, matches: Sequence[Match], known_version: int, digest_key: bytes) -> Found:
    """The hit, its evidence (one for each match, in their order) and its sighting.

    Every id is deterministic: the same picture at the same address, matched again, has the same hit and the same
    evidence; the same fetch, delivered again, is the same sighting. Raises `ValueError` without a match.
    """
    if not matches:
        raise ValueError("a picture without a match is no finding")
    looks = seen.looks
    sha256 = seen.digests.sha256
    hit = Hit(
        id=seen.item_digest,
        sealed_address=seen.sealed_address,
        page_digest=seen.page_digest,
        origin=seen.origin,
        peer=seen.peer,
        media_type=seen.fetch.media_type,
        width=looks.width if looks else None,
        height=looks.height if looks else None,
    )
    picture = keyed_digest(digest_key, "picture", sha256)
    evidence = tuple(
        Evidence(
            id=keyed_digest(digest_key, "evidence", hit.id, match.algorithm, match.list, match.list_id, sha256),
            hit_id=hit.id,
            picture=picture,
            match=match,
            pdq_quality=looks.pdq_quality if looks else None,
            known_version=known_version,
            seen_at=seen.fetch.at,
        )
        for match in matches
    )
    sighting = Sighting(id=seen.sighting_id, hit_id=hit.id, at=seen.fetch.at, status=seen.fetch.status, ip=seen.peer.ip)
    return Found(hit=hit, evidence=evidence, sighting=sighting)
