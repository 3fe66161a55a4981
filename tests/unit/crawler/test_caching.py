"""The shared store from the event loop."""

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from crawler.contract.errors import UnavailableError
from crawler.shared import SharedCache, Veiled
from crawler.shared.sqlite import SqliteShared

KEY = sha256(b"tests").digest()


class Counted(SqliteShared):
    """The embedded store, which counts its calls, waits when told to, and may be away."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.gets = 0
        self.puts = 0
        self.away = False
        self.asked = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def get(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        self.gets += 1
        self.asked.set()
        self.go_on.wait(10)
        self._raise_if_away()
        return super().get(keys)

    def put(self, entries: Mapping[str, bytes], *, seconds: float) -> None:
        self.puts += 1
        self.go_on.wait(10)
        self._raise_if_away()
        super().put(entries, seconds=seconds)

    def forget(self, keys: Sequence[str]) -> None:
        self._raise_if_away()
        super().forget(keys)

    def _raise_if_away(self) -> None:
        if self.away:
            raise UnavailableError("away, for the test")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Counted]:
    opened = Counted(tmp_path / "shared.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def cache_of(store: Counted, executor: ThreadPoolExecutor) -> SharedCache:
    return SharedCache(Veiled(store, KEY, "tests"), executor)


def test_another_process_finds_what_was_put_and_flushed(store: Counted, executor: ThreadPoolExecutor) -> None:
    async def story() -> list[bytes | None]:
        cache = cache_of(store, executor)
        cache.put("a", b"1", seconds=60)
        cache.put("b", b"2", seconds=30)
        assert await cache.get("a") == b"1"
        await cache.flush()
        other = cache_of(store, executor)
        return [await other.get(name) for name in "abc"]

    assert asyncio.run(story()) == [b"1", b"2", None]


def test_what_was_put_last_counts(store: Counted, executor: ThreadPoolExecutor) -> None:
    async def story() -> bytes | None:
        cache = cache_of(store, executor)
        for number in range(10):
            cache.put("a", str(number).encode(), seconds=60 + number % 2)
        await cache.flush()
        return await cache.get("a")

    assert asyncio.run(story()) == b"9"


def test_look_ups_and_entries_at_the_same_time_share_their_calls(store: Counted, executor: ThreadPoolExecutor) -> None:
    async def story() -> None:
        cache = cache_of(store, executor)
        for number in range(300):
            cache.put(str(number), b"x", seconds=60)
        await cache.flush()
        found = await asyncio.gather(*(cache.get(str(number)) for number in range(600)))
        assert found == [b"x"] * 300 + [None] * 300

    asyncio.run(story())
    assert store.puts <= 2
    assert store.gets <= 2


def test_look_ups_while_a_call_is_on_its_way_form_the_next(store: Counted, executor: ThreadPoolExecutor) -> None:
    async def story() -> None:
        cache = cache_of(store, executor)
        store.go_on.clear()
        first = asyncio.create_task(cache.get("first"))
        await asyncio.to_thread(store.asked.wait, 10)
        later = [asyncio.create_task(cache.get(f"later {number}")) for number in range(50)]
        await asyncio.sleep(0.01)
        store.go_on.set()
        assert await asyncio.gather(first, *later) == [None] * 51

    asyncio.run(story())
    assert store.gets == 2


def test_one_that_gives_up_waiting_does_not_take_the_answer_from_others(
    store: Counted, executor: ThreadPoolExecutor
) -> None:
    async def story() -> None:
        cache = cache_of(store, executor)
        cache.put("a", b"1", seconds=60)
        await cache.flush()
        store.go_on.clear()
        impatient, patient = asyncio.create_task(cache.get("a")), asyncio.create_task(cache.get("a"))
        await asyncio.sleep(0.01)
        impatient.cancel()
        store.go_on.set()
        assert await patient == b"1"

    asyncio.run(story())


def test_while_the_store_is_away_nothing_is_found_and_nothing_breaks(
    store: Counted, executor: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        cache = cache_of(store, executor)
        store.away = True
        cache.put("a", b"1", seconds=60)
        await cache.flush()
        await cache.forget(["a"])
        assert await cache.get("a") is None
        assert await cache.get("b") is None
        store.away = False
        cache.put("a", b"2", seconds=60)
        await cache.flush()
        assert await cache.get("a") == b"2"

    asyncio.run(story())
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_what_is_forgotten_is_gone_even_before_it_was_written(store: Counted, executor: ThreadPoolExecutor) -> None:
    async def story() -> None:
        cache = cache_of(store, executor)
        cache.put("a", b"1", seconds=60)
        await cache.flush()
        cache.put("b", b"1", seconds=60)
        await cache.forget(["a", "b"])
        await cache.flush()
        assert [await cache.get("a"), await cache.get("b")] == [None, None]

    asyncio.run(story())
