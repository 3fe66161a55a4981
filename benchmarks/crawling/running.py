"""One run of one side: its crawlers are started, one is perhaps killed and started again, until all is done."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.crawling.sides import Side
from benchmarks.crawling.watching import CRAWLERS, Watch
from benchmarks.measuring import processes, spent
from benchmarks.practice_web import Web
from crawler.contract.reasons import Reason
from crawler.contract.struct import Record
from zoeklicht.practice.touched import Touched

_LONGEST = 240.0
"""A run that takes longer is ended, and says so."""
_QUIET = 1.2
_AFTERWARDS = 1.0
"""What is spent so long after the last fetch is counted still: pictures are hashed then, pages read."""
_GRACE = 20.0
_SHOWN = 3000

Process = subprocess.Popen[bytes]


class Figures(Record, frozen=True, kw_only=True):
    """What one run came to."""

    pages: int
    """Different ones that were fetched; and so for pictures."""
    pictures: int
    requests: int
    """All, robots.txt, redirects, missing and repeated ones included."""
    seconds: float
    """From the first fetch to the last, within a tenth or two."""
    cpu_seconds: Mapping[str, float]
    """From the first fetch on."""
    start_cpu_seconds: float
    """Of the crawlers, until then."""
    start_seconds: float
    """From the start of the processes until then."""
    peak_resident: int
    """Bytes, of all crawlers and their processes together."""
    smallest_gap_s: float
    """Between two requests to one host, as they arrived; and so the next."""
    most_at_once: int
    repeated: int
    forbidden: Mapping[str, int]
    """Requests that should not have been made, by kind."""
    pages_not_fetched: int
    pictures_without_record: int
    timed_out: bool

    @property
    def lost(self) -> int:
        """Pages that were never fetched and pictures without a record, though pages lead to them."""
        return self.pages_not_fetched + self.pictures_without_record


def run_side(side: Side, web: Web, folder: Path, *, redis: int | None = None, kill_at: float | None = None) -> Figures:
    """Run a side to its end. `redis`: the session of its Redis. `kill_at`: see `_kill_one`."""
    web.forget()
    deadline = time.monotonic() + _LONGEST
    with Watch(web) as watch, ExitStack() as stack:
        if redis is not None:
            watch.watch("redis", redis)

        def start(number: int) -> Process:
            crawler = stack.enter_context(_process(side.commands[number], folder / f"crawler{number}.log"))
            watch.watch(CRAWLERS, crawler.pid)
            return crawler

        crawlers = [start(number) for number in range(len(side.commands))]
        if kill_at is not None:
            number = _kill_one(crawlers, watch, web.truth.pictures * kill_at, deadline)
            crawlers[number] = start(number)
        _wait(side, crawlers, watch, deadline)
    window = watch.window
    if not window:
        raise RuntimeError(f"{folder.name}: nothing was fetched; the crawlers' logs may say why.")
    touched = watch.last.touched
    empty = {each.url for each in web.truth.broken if each.reason is Reason.EMPTY}
    expected = web.ready.picture_urls - (set() if side.publishes_empty else empty)
    hosts = [host for host in touched.hosts.values() if host.smallest_gap_s is not None]
    return Figures(
        pages=touched.pages.distinct,
        pictures=touched.pictures.distinct,
        requests=_requests(touched),
        seconds=window[-1].at - window[0].at,
        cpu_seconds=spent(window[0].cpu, watch.cpu_at(window[-1].at + _AFTERWARDS)),
        start_cpu_seconds=window[0].cpu.get(CRAWLERS, 0.0),
        start_seconds=window[0].at - watch.samples[0].at,
        peak_resident=max(each.resident for each in watch.samples),
        smallest_gap_s=min(host.smallest_gap_s or 0.0 for host in hosts),
        most_at_once=max(host.most_at_once for host in hosts),
        repeated=touched.pages.duplicates + touched.pictures.duplicates,
        forbidden={kind: count for kind, count in touched.forbidden.items() if count},
        pages_not_fetched=web.truth.pages - touched.pages.distinct,
        pictures_without_record=len(expected) - side.recorded(expected),
        timed_out=time.monotonic() > deadline,
    )


def _requests(touched: Touched) -> int:
    return sum(host.requests for host in touched.hosts.values())


@contextmanager
def _process(command: Sequence[str], log: Path) -> Iterator[Process]:
    """A process in a session of its own, which is ended with all its children on leaving."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    except RuntimeError:
        print(f"{log.name}:\n{log.read_text(errors='replace')[-_SHOWN:]}", file=sys.stderr)
        raise
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _kill_one(crawlers: Sequence[Process], watch: Watch, pictures: float, deadline: float) -> int:
    """`kill -9` for the busiest crawler, once so many pictures were fetched. Returns which it was."""
    while watch.last.touched.pictures.distinct < pictures and time.monotonic() < deadline:
        if any(crawler.poll() is not None for crawler in crawlers):
            raise RuntimeError("A crawler ended before one could be killed: take more --small-pictures.")
        time.sleep(0.02)
    cpu = {each.pid: each.cpu for each in processes()}
    number = max(range(len(crawlers)), key=lambda place: cpu.get(crawlers[place].pid, 0.0))
    crawlers[number].kill()
    crawlers[number].wait()
    return number


def _wait(side: Side, crawlers: Sequence[Process], watch: Watch, deadline: float) -> None:
    """Until the crawlers have ended; those that wait for ever, until nothing is left to do."""
    while time.monotonic() < deadline:
        ended = [crawler.poll() for crawler in crawlers]
        if any(ended):
            raise RuntimeError(f"A crawler ended with status {max(filter(None, ended), key=abs)}.")
        if all(code is not None for code in ended) or (watch.quiet_for > _QUIET and side.drained()):
            return
        time.sleep(0.05)
