"""The profiles folder."""

from pathlib import Path

import pytest

from crawler.contract.errors import ConfigError
from crawler.sites.profiles import gather_profiles, read_profiles

GOOD = 'type = "forum"\nhosts = ["forum.example"]\n'


def folder_of(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text)
    return tmp_path


def test_a_profile_is_named_like_its_file(tmp_path: Path) -> None:
    profiles = read_profiles(folder_of(tmp_path, b=GOOD, a='name = "a"\n' + GOOD))
    assert [profile.name for profile in profiles] == ["a", "b"]


def test_other_files_and_folders_are_no_profiles(tmp_path: Path) -> None:
    folder_of(tmp_path, a=GOOD)
    (tmp_path / ".b.toml").write_text("editors leave such things")
    (tmp_path / "README").write_text("who looks after these")
    (tmp_path / "secrets").mkdir()
    assert len(read_profiles(tmp_path)) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('name = "b"\n' + GOOD, "otherwise than the file"),
        (GOOD + "gap = 3", "unknown field `gap`"),
        (GOOD + "gap_seconds = -1", r"`\$\.gap_seconds`"),
        ('type = "forum"', "missing required field `hosts`"),
        ('type = "album"\nhosts = ["a.example"]', r"`\$\.type`"),
        (GOOD + "page_links = ['(']", "is no regular expression"),
        (GOOD + 'referrer = "fixed"', "referrer_url"),
        (GOOD + "[[full_pictures]]\npattern = 'a'\nto = '\\2'", "full_pictures: `to` names a group"),
        (GOOD + "window = { opens = '01:00', closes = '02:00', time_zone = 'Nowhere' }", "window.time_zone"),
        (GOOD + "[login", "not valid TOML"),
    ],
)
def test_a_mistake_is_told_with_its_file(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as raised:
        read_profiles(folder_of(tmp_path, a=text))
    assert str(raised.value).startswith(str(tmp_path / "a.toml"))


def test_one_approver_under_two_spellings_is_refused(tmp_path: Path) -> None:
    mandate = '[mandate]\nkind = "own"\nreference = "ours"\nmeans = ["anonymous"]\nexpires = 2099-01-01\n'
    text = GOOD + mandate + 'approved_by = ["A. de Boer", "a.  De boer"]'
    with pytest.raises(ConfigError, match="names one person twice"):
        read_profiles(folder_of(tmp_path, a=text))


def test_all_mistakes_are_gathered_and_counted(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a="x = 1", b=GOOD, c="[")
    profiles, problems = gather_profiles(folder)
    assert ([profile.name for profile in profiles], len(problems)) == (["b"], 2)
    with pytest.raises(ConfigError, match="1 more problems: zoeklicht sites check"):
        read_profiles(folder)


def test_secrets_are_found_beside_the_profile(tmp_path: Path) -> None:
    text = GOOD + '[basic_auth]\nuser_file = "secrets/user"\npassword_file = "/elsewhere/password"'
    (profile,) = read_profiles(folder_of(tmp_path, a=text))
    assert profile.basic_auth is not None
    assert profile.basic_auth.user_file == tmp_path / "secrets" / "user"
    assert profile.basic_auth.password_file == Path("/elsewhere/password")


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Make it, with one TOML file a site: see sites\.example/"):
        read_profiles(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="must be a folder"):
        read_profiles(tmp_path / "file")
