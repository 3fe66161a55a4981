import io
import os
import tarfile
import zipfile
from collections import Counter
from hashlib import md5, sha256
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from PIL import Image

from crawler.contract.reasons import Reason
from crawler.contract.sites import SiteProfile
from crawler.hashing import Limits, hash_picture
from crawler.sites.permits import means_of
from spiders.embedded import pictures as embedded_pictures
from spiders.registry import spider_of
from tests.unit.practice.conftest import TODAY
from tests.unit.practice.visiting import directory, walk
from zoeklicht.practice.answers import Answer
from zoeklicht.practice.configuration import (
    practice_document,
    practice_profiles,
    practice_secrets,
    write_configuration,
)
from zoeklicht.practice.features import ALL, BASIC, features_named
from zoeklicht.practice.places import dotted, plain
from zoeklicht.practice.registry import PRACTICE_SITES
from zoeklicht.practice.sites import file_host
from zoeklicht.practice.truth import Planted
from zoeklicht.practice.web import ADDRESSES, PracticeWeb, build

LIMITS = Limits(max_pixels=50_000_000, dihedral=False)
MATCHING_DISTANCE = 31
SITES = directory(8000)


def answer_at(web: PracticeWeb, url: str) -> Answer:
    parts = urlsplit(url)
    return web.answers.get((dotted(parts.hostname or ""), url.removeprefix(f"http://{parts.netloc}"))) or Answer("trap")


def body_at(web: PracticeWeb, url: str) -> bytes:
    return web.body_of(answer_at(web, url))


def of(web: PracticeWeb, *features: str) -> list[Planted]:
    found = [each for each in web.truth.planted if each.feature in features]
    assert found
    return found


def test_each_feature_has_a_site_and_each_site_addresses_of_its_own() -> None:
    assert {site.feature for site in PRACTICE_SITES} == ALL
    assert max(Counter(ADDRESSES).values()) == 1
    assert all(address.startswith("127.0.0.") for address in ADDRESSES)


def test_each_feature_has_plantings_that_name_it(full: PracticeWeb) -> None:
    assert {each.feature for each in full.truth.planted} == {None, *ALL}
    assert {each.need for each in full.truth.later} == {"grown 1", "grown 2", "grown 3", "browser"}


def test_the_basic_web_is_the_same_whatever_else_there_is(web: PracticeWeb, full: PracticeWeb) -> None:
    for place, answer in web.answers.items():
        assert full.body_of(full.answers[place]) == web.body_of(answer)
    assert set(web.truth.planted) == {each for each in full.truth.planted if each.feature is None}
    assert web.truth.features == ()
    assert full.truth.features == tuple(sorted(ALL))


def test_one_feature_alone_brings_its_own_site_and_no_other(web: PracticeWeb) -> None:
    alone = build(seed=5, pictures=60, port=8000, features={"age_gate"})
    added = {place for place, _ in alone.answers.keys() - web.answers.keys()}
    assert added == {"127.0.0.30"}
    assert {each.feature for each in alone.truth.planted} == {None, "age_gate"}


def test_the_same_seed_makes_the_same_features(full: PracticeWeb) -> None:
    again = build(seed=5, pictures=60, port=8000, features=ALL, today=TODAY)
    assert again.truth == full.truth
    assert again.known == full.known
    for place, answer in full.answers.items():
        assert again.body_of(again.answers[place]) == full.body_of(answer)


def test_spiders_reach_everything_that_is_planted(full: PracticeWeb) -> None:
    forbidden = {each.url for each in full.truth.forbidden}
    seen = {plain(url) for url in walk(SITES, forbidden, lambda url: answer_at(full, url))}
    hidden = {each.url for each in of(full, "calendar")}  # behind a page that is made when it is asked for
    assert {each.url for each in full.truth.planted} - seen == hidden
    for kind in ("page", "archive", "video", "style", "redirect", "missing"):
        assert {url for url in full.urls(kind) if url not in seen} == set(), kind
    assert {each.url for each in full.truth.broken} <= seen


def test_nothing_that_needs_something_first_can_be_reached(full: PracticeWeb) -> None:
    forbidden = {each.url for each in full.truth.forbidden}
    seen = walk(SITES, forbidden, lambda url: answer_at(full, url))
    assert not {each.url for each in full.truth.later} & seen


def test_whatever_is_forbidden_stands_on_some_page_or_behind_a_redirect(full: PracticeWeb) -> None:
    forbidden = {each.url for each in full.truth.forbidden} - {"http://127.0.0.99:8000/robots.txt"}
    seen = walk(SITES, forbidden, lambda url: answer_at(full, url))
    answers = [answer_at(full, url) for url in seen]
    text = "\n".join(answer.body.decode() for answer in answers if answer.kind == "page").replace("&amp;", "&")
    leading = {answer.location for answer in answers}
    assert [url for url in forbidden if url not in leading and "/" + url.split("/", 3)[3] not in text] == []


def test_profiles_are_valid_and_permit_the_means_they_take_and_no_others() -> None:
    profiles = [each for each in SITES.profiles.values() if each.name not in {"practice-image-host", "practice-forum"}]
    assert len(profiles) > len(ALL)
    for profile in profiles:
        assert profile.mandate is not None
        assert profile.mandate.kind == "own"
        assert frozenset(profile.mandate.means) == means_of(profile), profile.name
    assert {profile.type for profile in SITES.profiles.values()} == {
        *("image_host", "forum", "image_board", "file_host", "banner_site", "other")
    }


def test_profiles_of_some_features_are_theirs_alone() -> None:
    names = [each["name"] for each in practice_profiles(port=1, gap_seconds=0, features={"video", "members"})]
    assert names == ["practice-image-host", "practice-forum", "practice-members", "practice-video"]


def test_secrets_are_written_beside_the_profiles_for_their_owner_only(tmp_path: Path) -> None:
    profiles = practice_profiles(port=8000, gap_seconds=0, features=ALL)
    config = tmp_path / "zoeklicht.toml"
    for _ in range(2):
        write_configuration(config, practice_document(), profiles, practice_secrets(ALL))
    named = [
        profile[access][key]
        for profile in profiles
        for access in ("login", "basic_auth")
        if access in profile
        for key in ("user_file", "password_file")
    ]
    assert len(named) == 4
    for name in named:
        file = tmp_path / "sites" / name
        assert file.read_text()
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.stat().st_uid == os.getuid()


def test_features_are_chosen_by_name() -> None:
    assert features_named("all") == ALL
    assert features_named("basic") == features_named("") == BASIC
    assert features_named("video, members") == {"video", "members"}
    with pytest.raises(ValueError, match=r"No such feature: teapot\. There are: age_gate, "):
        features_named("video,teapot")


def known_pdq(web: PracticeWeb, list_id: str) -> int:
    pdq = next(each.pdq for each in web.known if each.list_id == list_id)
    assert pdq is not None
    return int(pdq, 16)


def bits_apart(data: bytes, web: PracticeWeb, list_id: str) -> int:
    looks = hash_picture(data, LIMITS).looks
    assert looks is not None
    return (int(looks.pdq, 16) ^ known_pdq(web, list_id)).bit_count()


def test_planted_pictures_that_are_files_match_as_the_truth_says(full: PracticeWeb) -> None:
    special = {None, "video", "animated", "embedded", "file_host"}
    found = [each for each in full.truth.planted if each.feature not in special]
    assert len(found) > 80
    for each in found:
        assert each.path_inside is None
        assert bits_apart(body_at(full, each.url), full, each.list_id) == each.distance <= MATCHING_DISTANCE


def test_ordinary_pictures_of_the_features_match_nothing(full: PracticeWeb) -> None:
    planted = {each.url for each in (*full.truth.planted, *full.truth.later)}
    known = [int(each.pdq, 16) for each in full.known if each.pdq is not None]
    looked_at = 0
    for (address, target), answer in full.answers.items():
        if answer.kind != "picture" or answer.feature is None or f"http://{address}:8000{target}" in planted:
            continue
        looks = hash_picture(full.body_of(answer), LIMITS).looks
        assert looks is not None
        assert min((int(looks.pdq, 16) ^ each).bit_count() for each in known) > MATCHING_DISTANCE
        looked_at += 1
    assert looked_at > 30


def files_in(data: bytes) -> dict[str, bytes]:
    """What is in an archive, by path, archives inside of it opened, too."""
    files = {}
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                for password in (None, *file_host.PASSWORDS):
                    try:
                        files[name] = archive.read(name, password.encode() if password else None)
                        break
                    except RuntimeError:
                        continue
    else:
        with tarfile.open(fileobj=io.BytesIO(data)) as packed:
            for member in packed.getmembers():
                content = packed.extractfile(member)
                assert content is not None
                files[member.name] = content.read()
    for name in [name for name in files if name.endswith(".zip")]:
        files |= {f"{name}/{inner}": content for inner, content in files_in(files[name]).items()}
    return files


def test_archives_hold_what_the_truth_says(full: PracticeWeb) -> None:
    urls = {each.url for each in of(full, "file_host")}
    assert {urlsplit(url).path.rpartition(".")[2] for url in urls} == {"zip", "gz", "7z"}
    opened = 0
    for url in urls:
        if ".7z" in url:
            continue  # Python opens none: the unpacking's own tests and the flow do
        files = files_in(body_at(full, url))
        for each in of(full, "file_host"):
            if each.url == url:
                assert each.path_inside is not None
                assert bits_apart(files[each.path_inside], full, each.list_id) == each.distance
                opened += 1
    assert opened == 12


def test_archives_that_cannot_be_read_are_wrong_in_the_way_the_truth_says(full: PracticeWeb) -> None:
    broken = {each.reason: body_at(full, each.url) for each in full.truth.broken if each.feature == "file_host"}
    assert broken.keys() == {Reason.ARCHIVE_LOCKED, Reason.ARCHIVE_DAMAGED, Reason.ARCHIVE_RATIO}
    assert files_in(broken[Reason.ARCHIVE_LOCKED]) == {}
    with pytest.raises(zipfile.BadZipFile):
        files_in(broken[Reason.ARCHIVE_DAMAGED])
    bomb = broken[Reason.ARCHIVE_RATIO]
    assert sum(map(len, files_in(bomb).values())) > 500 * len(bomb)


def test_the_password_of_one_archive_stands_on_its_page_and_the_profile_has_that_of_another(full: PracticeWeb) -> None:
    pages = [answer.body for answer in full.answers.values() if answer.kind == "page"]
    assert sum(file_host.PASSWORD_ON_PAGE.encode() in page for page in pages) == 1
    assert not any(file_host.PASSWORD_TOLD_ELSEWHERE.encode() in page for page in pages)
    assert SITES.profiles["practice-file-host"].archive_passwords == tuple(file_host.PASSWORDS)


def test_animations_hide_the_known_picture_behind_ordinary_frames(full: PracticeWeb) -> None:
    animations = of(full, "animated")
    for each in animations:
        with Image.open(io.BytesIO(body_at(full, each.url))) as animation:
            assert getattr(animation, "n_frames", 1) == 6
            distances = []
            for frame in range(6):
                animation.seek(frame)
                buffer = io.BytesIO()
                animation.convert("RGB").save(buffer, "PNG")
                distances.append(bits_apart(buffer.getvalue(), full, each.list_id))
        assert [bits <= MATCHING_DISTANCE for bits in distances] == [False, False, True, True, False, False]
    assert {each.url.rpartition(".")[2] for each in animations} == {"gif", "webp", "png"}


def test_the_first_picture_in_a_page_is_the_known_one(full: PracticeWeb) -> None:
    for each in of(full, "embedded"):
        page = body_at(full, each.url).decode()
        start = page.index("data:image")
        first = next(iter(embedded_pictures([page[start : page.index("'" if "url(" in page else '"', start)]])))
        assert each.path_inside == first.place == "data:1"
        assert bits_apart(first.body, full, each.list_id) == each.distance


def test_videos_are_known_by_their_digests_and_one_is_not(full: PracticeWeb) -> None:
    known = {each.list_id: each for each in full.known if each.pdq is None}
    for each in of(full, "video"):
        body = body_at(full, each.url)
        entry = known.pop(each.list_id)
        assert (sha256(body).hexdigest(), md5(body).hexdigest()) == (entry.sha256, entry.md5)
    assert not known
    assert full.truth.videos == len(of(full, "video")) + 1


def test_a_page_that_needs_a_script_is_told_and_shows_nothing_without(full: PracticeWeb) -> None:
    (broken,) = (each for each in full.truth.broken if each.reason is Reason.NEEDS_SCRIPT)
    assert broken.feature == "scripted"
    profile = SITES.profiles["practice-scripted"]
    assert isinstance(profile, SiteProfile)
    body = body_at(full, broken.url).decode()
    assert "<script" in body
    assert "<img" not in body
    assert spider_of(profile.type) is not None


def test_the_truth_of_everything_can_be_written_and_read_back(full: PracticeWeb) -> None:
    encoded = msgspec.json.encode(full.truth)
    assert msgspec.json.decode(encoded, type=type(full.truth)) == full.truth
