"""The pool: every picture handed over is answered, whatever happens to the processes."""

import hashlib
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crawler.contract.reasons import Reason
from crawler.hashing import (
    Hashed,
    HashingClosedError,
    HashingPool,
    HashingQueueFullError,
    HashingTable,
    HashingUnavailableError,
    hash_picture,
)
from tests.hostile_pictures import HOSTILE, png, scene, slow_picture
from tests.photographs import encoded

GENEROUS = HashingTable(workers=2, seconds=120)
PATIENCE_S = 120


@pytest.fixture(scope="module")
def pool() -> Iterator[HashingPool]:
    pool = HashingPool(GENEROUS)
    wait_until(lambda: len(pool.pids) == GENEROUS.workers)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def slow() -> bytes:
    return slow_picture()


@pytest.fixture
def opened() -> Iterator[Callable[..., HashingPool]]:
    """Opens pools of one worker, and closes them at the end."""
    pools: list[HashingPool] = []

    def make(table: HashingTable, environ: dict[str, str] | None = None) -> HashingPool:
        pools.append(HashingPool(table, environ=os.environ if environ is None else environ))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def begins_to_hash(pool: HashingPool, *, waiting: int = 0) -> int:
    """Waits until the pool's only process has been given a picture: the others wait. Its id."""
    wait_until(lambda: pool.queued == waiting and len(pool.pids) == 1)
    (pid,) = pool.pids
    before = cpu_seconds(pid)
    wait_until(lambda: cpu_seconds(pid) > before + 0.1)
    return pid


def is_answered(pool: HashingPool) -> bool:
    small = encoded(scene(64, 64), "PNG")
    return pool.submit(small).result(PATIENCE_S) == hash_picture(small, GENEROUS.limits)


def test_a_process_says_what_the_function_says(pool: HashingPool) -> None:
    data = encoded(scene(800, 600), "JPEG")
    assert pool.submit(data).result(PATIENCE_S) == hash_picture(data, GENEROUS.limits)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_leads_to_its_reason_and_keeps_its_digests(pool: HashingPool, name: str) -> None:
    data = HOSTILE[name].make()
    pids = pool.pids
    hashed = pool.submit(data).result(PATIENCE_S)
    assert hashed.undecoded is HOSTILE[name].reason
    assert (hashed.looks is None) == (HOSTILE[name].reason is not None)
    assert hashed.digests.sha256 == hashlib.sha256(data).hexdigest()
    assert pool.pids == pids, "it cost a process"


def test_two_hundred_pictures_from_many_threads_each_get_their_own_answer(pool: HashingPool) -> None:
    pictures = [png(32, 32, depth=8, colour=2, row=bytes([0]) + bytes([number]) * 96, rows=32) for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        futures = list(threads.map(pool.submit, pictures))
    for data, future in zip(pictures, futures, strict=True):
        assert future.result(PATIENCE_S).digests.sha256 == hashlib.sha256(data).hexdigest()
    assert pool.queued == 0


def test_a_picture_far_larger_than_a_pipe_goes_through(pool: HashingPool) -> None:
    data = encoded(scene(640, 480), "JPEG") + os.urandom(30_000_000)
    assert pool.submit(data).result(PATIENCE_S).looks is not None


def test_a_picture_that_takes_too_long_costs_its_process_and_nothing_else(
    opened: Callable[..., HashingPool], slow: bytes
) -> None:
    pool = opened(HashingTable(workers=1, seconds=0.5))
    assert is_answered(pool)
    (late,) = pool.pids
    hashed = pool.submit(slow).result(PATIENCE_S)
    assert hashed == Hashed(digests=hash_picture(slow, GENEROUS.limits).digests, undecoded=Reason.DECODE_TIMEOUT)
    assert is_answered(pool)
    assert late not in pool.pids
    assert not runs(late)


def test_a_picture_whose_process_is_killed_is_hashed_by_another(
    opened: Callable[..., HashingPool], slow: bytes
) -> None:
    pool = opened(HashingTable(workers=1, seconds=120))
    future = pool.submit(slow)
    os.kill(begins_to_hash(pool), signal.SIGKILL)
    assert future.result(PATIENCE_S).looks is not None


@pytest.mark.parametrize(
    ("hard", "reason"),
    [(resource.RLIM_INFINITY, Reason.HASHER_DIED), (2, Reason.DECODE_MEMORY)],
    ids=["by a crash", "as the kernel kills"],
)
def test_a_picture_that_ends_two_processes_is_given_up(
    opened: Callable[..., HashingPool], slow: bytes, tmp_path: Path, hard: int, reason: Reason
) -> None:
    # Two seconds of CPU: enough to start, and the kernel ends the process in the midst of the picture.
    (tmp_path / "sitecustomize.py").write_text(
        f"import resource; resource.setrlimit(resource.RLIMIT_CPU, (2, {hard}))", encoding="utf-8"
    )
    pool = opened(HashingTable(workers=1, seconds=120), {**os.environ, "PYTHONPATH": str(tmp_path)})
    hashed = pool.submit(slow).result(PATIENCE_S)
    assert hashed.undecoded is reason
    assert hashed.digests.sha256 == hashlib.sha256(slow).hexdigest()
    assert is_answered(pool)


@pytest.mark.parametrize(
    "name", ["a PNG of 49 megapixels", "a progressive JPEG of 49 megapixels", "an AVIF of 49 megapixels"]
)
def test_a_picture_that_needs_more_memory_than_allowed_is_counted_as_such(
    opened: Callable[..., HashingPool], name: str
) -> None:
    pool = opened(HashingTable(workers=1, memory_mb=300))
    assert pool.submit(HOSTILE[name].make()).result(PATIENCE_S).undecoded is Reason.DECODE_MEMORY
    assert is_answered(pool)


def test_a_picture_whose_very_bytes_do_not_fit_is_counted_as_such(opened: Callable[..., HashingPool]) -> None:
    pool = opened(HashingTable(workers=1, memory_mb=300))
    data = HOSTILE["a BMP of 49 megapixels"].make()
    hashed = pool.submit(data).result(PATIENCE_S)
    assert hashed.undecoded is Reason.DECODE_MEMORY
    assert hashed.digests.sha256 == hashlib.sha256(data).hexdigest()


def test_a_process_limits_its_memory_writes_no_file_and_leaves_no_core(opened: Callable[..., HashingPool]) -> None:
    pool = opened(HashingTable(workers=1, memory_mb=700))
    assert is_answered(pool)
    (pid,) = pool.pids
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    limits = {line[:26].strip(): line[26:].split()[:2] for line in lines}
    assert limits["Max address space"] == [str(700 * 2**20)] * 2
    assert limits["Max file size"] == ["0", "0"]
    assert limits["Max core file size"] == ["0", "0"]


def test_a_process_has_nothing_open_but_pipes(opened: Callable[..., HashingPool]) -> None:
    pool = opened(HashingTable(workers=1))
    assert is_answered(pool)
    (pid,) = pool.pids
    targets = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    assert {target for target in targets if not target.startswith("pipe:")} == {"/dev/null"}


def test_ctrl_c_does_not_reach_the_processes(opened: Callable[..., HashingPool], slow: bytes) -> None:
    pool = opened(HashingTable(workers=1, seconds=120))
    future = pool.submit(slow)
    pid = begins_to_hash(pool)
    os.kill(pid, signal.SIGINT)
    assert future.result(PATIENCE_S).looks is not None
    assert pool.pids == (pid,)


def test_nor_while_they_start(opened: Callable[..., HashingPool]) -> None:
    pool = opened(HashingTable(workers=1))
    wait_until(lambda: len(pool.pids) == 1)
    pids = pool.pids
    os.kill(pids[0], signal.SIGINT)
    assert is_answered(pool)
    assert pool.pids == pids


def test_a_crawler_that_is_killed_leaves_no_process_behind() -> None:
    crawler = textwrap.dedent("""
        import sys, time
        from crawler.hashing import HashingPool, HashingTable
        pool = HashingPool(HashingTable(workers=2))
        [future.result() for future in [pool.submit(b"") for _ in range(20)]]
        while len(pool.pids) < 2:
            time.sleep(0.01)
        print(*pool.pids, flush=True)
        time.sleep(600)
    """)
    with subprocess.Popen([sys.executable, "-c", crawler], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.kill()
    wait_until(lambda: not any(runs(pid) for pid in pids))


def test_closing_ends_the_processes_and_says_so_to_whoever_waits(
    opened: Callable[..., HashingPool], slow: bytes
) -> None:
    pool = opened(HashingTable(workers=1, seconds=120))
    futures = [pool.submit(slow) for _ in range(3)]
    pid = begins_to_hash(pool, waiting=2)
    pool.close()
    for future in futures:
        with pytest.raises(HashingClosedError):
            future.result(PATIENCE_S)
    with pytest.raises(HashingClosedError):
        pool.submit(b"")
    assert pool.pids == ()
    assert not runs(pid)
    pool.close()


def test_a_picture_that_nobody_waits_for_any_more_is_not_hashed(
    opened: Callable[..., HashingPool], slow: bytes
) -> None:
    pool = opened(HashingTable(workers=1, seconds=120))
    first, second = pool.submit(slow), pool.submit(slow)
    begins_to_hash(pool, waiting=1)
    assert second.cancel()
    assert first.result(PATIENCE_S).looks is not None
    assert is_answered(pool)


def test_a_full_queue_refuses_rather_than_hold_ever_more_bytes(opened: Callable[..., HashingPool], slow: bytes) -> None:
    pool = opened(HashingTable(workers=1, seconds=120, max_queued=2))
    pool.submit(slow)
    begins_to_hash(pool, waiting=0)
    pool.submit(b"one")
    pool.submit(b"two")
    with pytest.raises(HashingQueueFullError, match="max_queued"):
        pool.submit(b"three")


def test_when_no_process_can_start_the_picture_is_not_blamed(
    opened: Callable[..., HashingPool], tmp_path: Path
) -> None:
    # As in a container that is too small: Python starts, and NumPy cannot be loaded.
    size = 64 * 2**20
    (tmp_path / "sitecustomize.py").write_text(
        f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({size}, {size}))", encoding="utf-8"
    )
    pool = opened(HashingTable(workers=1), {**os.environ, "PYTHONPATH": str(tmp_path)})
    for _ in range(2):
        with pytest.raises(HashingUnavailableError, match="memory"):
            pool.submit(encoded(scene(64, 64), "PNG")).result(PATIENCE_S)
