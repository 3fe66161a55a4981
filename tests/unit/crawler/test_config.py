"""The configuration file."""

from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from crawler.contract.config import Table, from_mapping, read, read_secret
from crawler.contract.errors import ConfigError


class CrawlLike(Table, frozen=True, kw_only=True):
    width: Annotated[int, msgspec.Meta(ge=1)] = 3
    folder: Path | None = None


def configured(text: str, tmp_path: Path, **environ: str) -> CrawlLike:
    file = tmp_path / "z.toml"
    file.write_text(text)
    return read(file, environ).table("crawl", CrawlLike)


def test_a_missing_table_is_empty(tmp_path: Path) -> None:
    assert configured("", tmp_path).width == 3


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    assert configured('[crawl]\nfolder = "sub/x"', tmp_path).folder == tmp_path / "sub" / "x"


def test_the_environment_overrides_a_key(tmp_path: Path) -> None:
    assert configured("[crawl]\nwidth = 4", tmp_path, ZOEKLICHT_CRAWL__WIDTH="5").width == 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[crawl]\nwidht = 3", "unknown field `widht`"),
        ("[crawl]\nwidth = 0", "width"),
        ('[crawl]\nwidth = "many"', "width"),
        ("[crawl]\nfolder = 3", r"path of a file or folder, in quotes - at `\$\.folder`"),
        ("[crawl]\nfolder = true", "in quotes"),
        ("[crawll]", "crawll"),
        ("[crawl", "TOML"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=told):
        configured(text, tmp_path)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"zoeklicht\.example\.toml"):
        read(tmp_path / "none.toml", {})


def test_sites_in_the_file_itself_are_told_where_they_belong(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\[\[sites\]\] table into a file of its own, .*/profiles/NAME\.toml"):
        from_mapping({"sites": [], "profiles": "profiles"}, base=tmp_path, origin="z.toml", environ={})


def test_the_folders_are_relative_to_the_file(tmp_path: Path) -> None:
    configuration = from_mapping({"profiles": "elsewhere"}, base=tmp_path, origin="z.toml", environ={})
    assert (configuration.state, configuration.profiles) == (tmp_path / "state", tmp_path / "elsewhere")


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`profiles` must be the path of a folder"):
        _ = from_mapping({"profiles": 3}, base=tmp_path, origin="z.toml", environ={}).profiles


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("abc\n")
    secret.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_secret(secret, "keys.digest_key_file")
    secret.chmod(0o600)
    assert read_secret(secret, "keys.digest_key_file") == "abc"
