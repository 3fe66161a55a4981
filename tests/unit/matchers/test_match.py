from pathlib import Path

import msgspec
import pytest

from crawler.contract.records import Prepared
from matchers.contract.records import Algorithm, Match
from matchers.match import findings, findings_again
from matchers.seen import SeenStore
from matchers.veil import Veil
from tests.pictures_seen import DIGEST_KEY, hash_of, picture_seen


def match(algorithm: Algorithm = "sha256", list_id: str = "1", distance: int = 0) -> Match:
    return Match(algorithm=algorithm, distance=distance, list="a list", list_id=list_id)


def test_the_same_picture_matched_again_has_the_same_records() -> None:
    seen, matches = picture_seen("a"), [match(), match("pdq", distance=3)]
    assert findings(seen, matches, 4, DIGEST_KEY) == findings(seen, matches, 4, DIGEST_KEY)


def test_seen_again_it_is_the_same_hit_and_evidence_and_another_sighting() -> None:
    first = findings(picture_seen("a"), [match()], 4, DIGEST_KEY)
    again = findings(picture_seen("a", minute=9), [match()], 5, DIGEST_KEY)
    assert first.hit.id == again.hit.id
    assert first.evidence[0].id == again.evidence[0].id
    assert first.sighting.id != again.sighting.id


def test_every_match_is_evidence_of_its_own() -> None:
    matches = [match(), match("sha1"), match(list_id="2"), match("pdq", distance=3)]
    found = findings(picture_seen("a"), matches, 4, DIGEST_KEY)
    assert [evidence.match for evidence in found.evidence] == matches
    assert len({evidence.id for evidence in found.evidence}) == 4


def test_a_picture_elsewhere_is_another_hit_of_the_same_picture() -> None:
    here = findings(picture_seen("a", at="here"), [match()], 4, DIGEST_KEY)
    there = findings(picture_seen("a", at="there"), [match()], 4, DIGEST_KEY)
    assert here.hit.id != there.hit.id
    assert here.evidence[0].id != there.evidence[0].id
    assert here.evidence[0].picture == there.evidence[0].picture


def test_another_picture_at_the_same_address_is_other_evidence_of_the_same_hit() -> None:
    one = findings(picture_seen("a", at="here"), [match()], 4, DIGEST_KEY)
    other = findings(picture_seen("b", at="here"), [match()], 4, DIGEST_KEY)
    assert one.hit.id == other.hit.id
    assert one.evidence[0].id != other.evidence[0].id


def test_another_digest_key_gives_other_ids_for_what_is_derived_here() -> None:
    one = findings(picture_seen("a"), [match()], 4, DIGEST_KEY).evidence[0]
    other = findings(picture_seen("a"), [match()], 4, bytes(32)).evidence[0]
    assert one.id != other.id
    assert one.picture != other.picture


def test_no_record_repeats_a_digest_of_the_picture() -> None:
    seen = picture_seen("a")
    text = str(findings(seen, [match(), match("pdq", distance=3)], 4, DIGEST_KEY))
    assert seen.looks
    for value in (seen.digests.md5, seen.digests.sha1, seen.digests.sha256, seen.looks.pdq):
        assert value not in text


def test_a_picture_that_could_not_be_decoded_has_no_size_and_no_quality() -> None:
    found = findings(picture_seen("a", decoded=False), [match()], 4, DIGEST_KEY)
    assert (found.hit.width, found.hit.height, found.evidence[0].pdq_quality) == (None, None, None)


def test_a_picture_out_of_the_store_of_what_was_seen_leads_to_the_same_records(tmp_path: Path) -> None:
    seen, matches = picture_seen("a", minute=3), [match(), match("pdq", distance=3)]
    store = SeenStore(tmp_path, lambda: 0.0, Veil(bytes(32)), digest_key=DIGEST_KEY, days=1)
    store.append([seen], 4)
    ((_, (kept,)),) = store.pictures(store.blocks("1970-01-01"))
    store.close()
    assert findings_again(kept, matches, 4, DIGEST_KEY) == findings(seen, matches, 4, DIGEST_KEY)


def test_evidence_of_a_preparation_tells_its_quality() -> None:
    seen = picture_seen("a", quality=90)
    assert seen.looks
    prepared = Prepared(how="squeezed_512", pdq=hash_of("squeezed"), pdq_quality=60)
    seen = msgspec.structs.replace(seen, looks=msgspec.structs.replace(seen.looks, prepared=(prepared,)))
    squeezed = msgspec.structs.replace(match("pdq", list_id="2"), prepared="squeezed_512")
    found = findings(seen, [match("pdq"), squeezed], 4, DIGEST_KEY)
    assert [evidence.pdq_quality for evidence in found.evidence] == [90, 60]


def test_no_match_is_no_finding() -> None:
    with pytest.raises(ValueError, match="without a match"):
        findings(picture_seen("a"), [], 4, DIGEST_KEY)
