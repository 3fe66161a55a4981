import base64
import time
from functools import partial
from pathlib import Path

from crawler.contract.config import Configuration
from matchers.seen import open_seen_store
from matchers.seen.configuration import SeenTable
from tests.pictures_seen import picture_seen
from zoeklicht.matching import matching

_DAY = 86_400
_KEY = bytes(range(32))


def _some_days_ago(days: int) -> float:
    return time.time() - days * _DAY


def _configuration(folder: Path) -> Configuration:
    keys = folder / "state" / "keys"
    keys.mkdir(mode=0o700, parents=True)
    for name in ("digest.key", "veil.key"):
        (keys / name).write_bytes(base64.b64encode(_KEY))
        (keys / name).chmod(0o600)
    return Configuration({"seen": {"enabled": False}}, folder, "a test")


def test_what_was_kept_before_it_was_switched_off_is_forgotten_when_its_time_is_over(tmp_path: Path) -> None:
    configuration = _configuration(tmp_path)
    for days_ago in (31, 30):
        kept = open_seen_store(
            SeenTable(),
            configuration.state,
            partial(_some_days_ago, days_ago),
            veil_key=_KEY,
            digest_key=_KEY,
        )
        kept.append([picture_seen("a")], 0)
        kept.close()
    with matching(configuration) as opened:
        assert opened.seen is None
        opened.follow_up(lambda: False)
    assert len(list((configuration.state / "seen").glob("*.sqlite"))) == 1


def test_where_nothing_was_ever_kept_nothing_is_made(tmp_path: Path) -> None:
    configuration = _configuration(tmp_path)
    with matching(configuration) as opened:
        opened.follow_up(lambda: False)
    assert not (configuration.state / "seen").exists()
