"""One run of one side: matcher first, then the crawler, perhaps killed in between, until all is matched."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measuring import CpuMeter, spent
from benchmarks.practice_web import Web
from benchmarks.sides import Side
from benchmarks.watching import Watch
from crawler.contract.reasons import Reason
from crawler.contract.struct import Record

_LONGEST = 900.0
"""A run that takes longer is ended, and says so."""
_QUIET = 2.0
_IDLE_CPU = 0.12
"""A process that spends less in `_QUIET` seconds is waiting."""
_GRACE = 20.0
_SHOWN = 3000


class Figures(Record, frozen=True, kw_only=True):
    """What one run came to."""

    pages: int
    """Different ones that were fetched; and so for pictures."""
    pictures: int
    pages_per_s: float
    pictures_per_s: float
    cpu_seconds: Mapping[str, float]
    matcher_start_cpu_seconds: float
    """Until the matcher was ready, the known set loaded: not in `cpu_seconds`."""
    delays_s: Sequence[float]
    """From fetch to searchable hit, sorted."""
    planted: int
    not_fetched: int
    """Pictures that pages lead to and nobody fetched."""
    not_published: int
    """Pictures of which the matcher was never told, those not fetched included."""
    not_found: int
    """Planted pictures without a hit."""
    not_matched: int
    """Those of them of which the matcher was told."""
    duplicates: int
    """Fetches of pages and pictures beyond the first for an address."""
    wrong_hits: int
    timed_out: bool

    @property
    def lost(self) -> int:
        """Pictures that were not matched though a page leads to them."""
        return self.not_published + self.not_matched


def run_side(
    side: Side, web: Web, servers: Mapping[str, int], folder: Path, *, kill_at: float | None = None
) -> Figures:
    """Run a side to its end. `kill_at`: kill the crawler at this share of the pictures, and start it again.

    `servers`: their sessions by name.
    """
    web.forget()
    with CpuMeter() as meter, _process(side.matcher, folder / "matcher.log") as matcher:
        for name, session in servers.items():
            meter.watch(name, session)
        meter.watch("matcher", matcher.pid)
        deadline = time.monotonic() + _LONGEST
        _wait_until_idle(meter, matcher, deadline)
        before = meter.seconds()
        with Watch(side, web) as watch:
            with _process(side.crawler, folder / "crawler.log") as crawler:
                meter.watch("crawler", crawler.pid)
                if kill_at is not None:
                    _kill(crawler, watch, web.truth.pictures * kill_at, deadline)
                else:
                    _wait_for(crawler, deadline)
            if kill_at is not None:
                with _process(side.crawler, folder / "crawler.log") as crawler:
                    meter.watch("crawler", crawler.pid)
                    _wait_for(crawler, deadline)
            while watch.quiet_for < _QUIET and time.monotonic() < deadline:
                time.sleep(0.1)
            _wait_until_idle(meter, matcher, deadline)
            time.sleep(1.5)  # Elasticsearch refreshes once a second
        touched = web.touched()
        cpu = spent(before, meter.seconds())
    found, names = watch.found, set(side.hit_names.values())
    empty = {each.url for each in web.truth.broken if each.reason is Reason.EMPTY}
    # By name: pictures that a page holds in itself are published, too, and are no files.
    expected = {side.picture_names[url] for url in web.ready.picture_urls - (set() if side.publishes_empty else empty)}
    published = set(side.published())
    return Figures(
        pages=touched.pages.distinct,
        pictures=touched.pictures.distinct,
        pages_per_s=touched.pages.distinct / watch.seconds,
        pictures_per_s=touched.pictures.distinct / watch.seconds,
        cpu_seconds=cpu,
        matcher_start_cpu_seconds=before["matcher"],
        delays_s=watch.delays,
        planted=len(names),
        not_fetched=web.truth.pictures - touched.pictures.distinct,
        not_published=len(expected - published),
        not_found=len(names - found.keys()),
        not_matched=len((names & published) - found.keys()),
        duplicates=touched.pages.duplicates + touched.pictures.duplicates,
        wrong_hits=len(found.keys() - names),
        timed_out=time.monotonic() > deadline,
    )


@contextmanager
def _process(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
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


def _wait_until_idle(meter: CpuMeter, matcher: subprocess.Popen[bytes], deadline: float) -> None:
    while time.monotonic() < deadline:
        before = meter.seconds()["matcher"]
        time.sleep(_QUIET)
        if matcher.poll() is not None:
            raise RuntimeError(f"The matcher ended with status {matcher.returncode}.")
        if meter.seconds()["matcher"] - before < _IDLE_CPU:
            return


def _kill(crawler: subprocess.Popen[bytes], watch: Watch, pictures: float, deadline: float) -> None:
    while watch.touched.pictures.distinct < pictures and crawler.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    if crawler.poll() is not None:
        raise RuntimeError("The crawler ended before it could be killed: take more --kill-pictures.")
    crawler.kill()
    crawler.wait()


def _wait_for(crawler: subprocess.Popen[bytes], deadline: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        crawler.wait(max(0.0, deadline - time.monotonic()))
    if crawler.returncode:
        raise RuntimeError(f"The crawler ended with status {crawler.returncode}.")
