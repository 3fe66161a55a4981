import pytest

from zoeklicht.practice.web import PracticeWeb, build


@pytest.fixture(scope="session")
def web() -> PracticeWeb:
    """The smallest practice web there is."""
    return build(seed=5, pictures=60, port=8000)
