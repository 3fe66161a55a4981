from datetime import date

import pytest

from zoeklicht.practice.features import ALL
from zoeklicht.practice.web import PracticeWeb, build

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="session")
def web() -> PracticeWeb:
    """The smallest practice web there is."""
    return build(seed=5, pictures=60, port=8000)


@pytest.fixture(scope="session")
def full() -> PracticeWeb:
    """The same with every feature."""
    return build(seed=5, pictures=60, port=8000, features=ALL, today=TODAY)
