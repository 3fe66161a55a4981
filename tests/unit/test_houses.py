"""The packages at the root bear generic names: make sure that it is ours that are imported."""

import importlib
from importlib.metadata import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("house", ["crawler", "spiders", "matchers", "desk", "zoeklicht"])
def test_each_house_is_this_projects(house: str) -> None:
    module = importlib.import_module(house)
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(ROOT)


def test_the_distribution_refuses_to_be_uploaded() -> None:
    assert "Private :: Do Not Upload" in metadata("zoeklicht").get_all("Classifier", [])


def test_lock_files_name_no_address() -> None:
    for lock in ROOT.glob("*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text
