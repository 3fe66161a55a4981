"""What `zoeklicht doctor` looks at: one function a matter, each yielding findings with what to do."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from crawler.browsing import BrowserTable, check_browser
from crawler.contract.config import Configuration
from crawler.contract.errors import CrawlerError
from crawler.contract.findings import Finding
from crawler.contract.records import IMAGES_SEEN
from crawler.fetching.configuration import CrawlTable
from crawler.frontier import FrontierTable, check_frontier, open_frontier
from crawler.hashing import HashingTable
from crawler.sealing import KeysTable, Sealer, read_digest_key, read_public_key
from crawler.sites import AddressScope, ScopeTable, read_profiles
from crawler.transport import TransportTable, check_transport, open_dead_letters, open_publisher
from crawler.unpacking import is_available
from desk.audit import AuditLog
from desk.configuration import DeskTable
from desk.errors import DeskError
from desk.keys import read_secret_key
from desk.opening import opens
from matchers.contract.errors import MatcherError
from matchers.hits import HitsTable, check_hits, open_hit_store
from matchers.known import KnownTable
from matchers.seen import SeenTable
from matchers.worker import MatchingTable
from zoeklicht.known_checkup import check_known
from zoeklicht.site_checkup import check_sites

_NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "glusterfs", "ceph"})
_LITTLE_SPACE = 2 * 1024**3
_NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
_PACKAGES = ("scrapy", "scrapy-redis", "redis", "kafka-python", "elasticsearch", "pillow", "numpy", "iptocc", "msgspec")


def check_all(configuration: Configuration) -> Iterator[Finding]:
    """Look at everything. A check that fails does not keep the others from being made."""
    checks: tuple[tuple[str, Callable[[Configuration], Iterator[Finding]]], ...] = (
        ("versions", _versions),
        ("configuration", _tables),
        ("state folder", _state),
        ("clock", _clock),
        ("keys", _keys),
        ("sites", _sites),
        ("archives", _archives),
        ("browser", _browser),
        ("frontier", _frontier),
        ("transport", _transport),
        ("known set", check_known),
        ("hit store", _hits),
        ("audit log", _audit),
    )
    for matter, check in checks:
        try:
            yield from check(configuration)
        except (CrawlerError, MatcherError, DeskError) as error:
            yield Finding(level="failure", matter=matter, text=str(error))


def _versions(_: Configuration) -> Iterator[Finding]:
    installed = [f"Python {sys.version.split()[0]}"]
    for package in _PACKAGES:
        try:
            installed.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            yield Finding(level="failure", matter="versions", text=f"{package} is not installed. Run: make run, or pip")
    yield Finding(level="ok", matter="versions", text=", ".join(installed))


def _tables(configuration: Configuration) -> Iterator[Finding]:
    for name, shape in (
        ("crawl", CrawlTable),
        ("browser", BrowserTable),
        ("hashing", HashingTable),
        ("frontier", FrontierTable),
        ("transport", TransportTable),
        ("keys", KeysTable),
        ("scope", ScopeTable),
        ("known", KnownTable),
        ("matching", MatchingTable),
        ("seen", SeenTable),
        ("hits", HitsTable),
        ("desk", DeskTable),
    ):
        configuration.table(name, shape)
    yield Finding(level="ok", matter="configuration", text="every table can be read")


def _state(configuration: Configuration) -> Iterator[Finding]:
    state = configuration.state
    if not state.exists():
        yield Finding(
            level="warning", matter="state folder", text=f"{state} is not there yet; the first start makes it"
        )
        return
    if state.stat().st_mode & 0o077:
        yield Finding(level="failure", matter="state folder", text=f"others may read it. Run: chmod 700 {state}")
    free = shutil.disk_usage(state).free
    level: Literal["ok", "failure"] = "ok" if free > _LITTLE_SPACE else "failure"
    advice = "" if level == "ok" else ". Make room: a full disk stops the crawl (nothing is lost)"
    yield Finding(level=level, matter="disk", text=f"{free / 1024**3:.1f} GiB free at {state}{advice}")
    kind = _file_system_of(state)
    if kind in _NETWORK_FILE_SYSTEMS:
        text = f"{state} is on {kind}, where SQLite's locks do not hold. Use a local disk."
        yield Finding(level="failure", matter="state folder", text=text)


def _clock(_: Configuration) -> Iterator[Finding]:
    now = datetime.now(UTC)
    if now < _NOT_BEFORE:
        yield Finding(level="failure", matter="clock", text=f"it says {now:%Y-%m-%d}. Set it, best by NTP.")
    else:
        yield Finding(level="ok", matter="clock", text=f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _keys(configuration: Configuration) -> Iterator[Finding]:
    state = configuration.state
    table = configuration.table("keys", KeysTable)
    public = read_public_key(table.public_file(state))
    Sealer(public)
    read_digest_key(table.digest_file(state))
    yield Finding(level="ok", matter="keys", text="the desk's public key and the digest key are in place")
    secret = configuration.table("desk", DeskTable).secret_file(state)
    if not secret.exists():
        yield Finding(level="ok", matter="keys", text="no secret key here: this machine cannot open addresses")
    elif not opens(read_secret_key(secret), public):
        text = "the secret key does not belong to the public one. Restore the right one: hits sealed now stay sealed."
        yield Finding(level="failure", matter="keys", text=text)
    else:
        text = "the secret key is here: whoever can read it can open addresses"
        yield Finding(level="warning" if secret.is_relative_to(state) else "ok", matter="keys", text=text)


def _sites(configuration: Configuration) -> Iterator[Finding]:
    profiles, findings = check_sites(configuration)
    yield from findings
    if not profiles:
        yield Finding(
            level="failure",
            matter="sites",
            text=f"none is configured. Put a TOML file a site into {configuration.profiles}.",
        )
        return
    AddressScope(configuration.table("scope", ScopeTable), time.time)
    yield Finding(level="ok", matter="sites", text=f"{len(profiles)} configured")


def _archives(_: Configuration) -> Iterator[Finding]:
    if is_available():
        yield Finding(level="ok", matter="archives", text="zip, 7z, rar and tar are opened, in memory")
    else:
        text = (
            "libarchive is not there: they are counted, not opened. Run: apt install libarchive13 (or libarchive13t64)"
        )
        yield Finding(level="warning", matter="archives", text=text)


def _browser(configuration: Configuration) -> Iterator[Finding]:
    if any(profile.browser for profile in read_profiles(configuration.profiles)):
        check_browser(configuration.table("browser", BrowserTable))
        yield Finding(level="ok", matter="browser", text="it can be started, its files in memory")


def _frontier(configuration: Configuration) -> Iterator[Finding]:
    table = configuration.table("frontier", FrontierTable)
    frontier = open_frontier(table, configuration.state)
    try:
        stats = frontier.stats()
    finally:
        frontier.close()
    text = f"{table.kind}: answers; {stats.pending:,} pending, {stats.leased:,} under way, {stats.seen:,} ever accepted"
    yield Finding(level="ok", matter="frontier", text=text)
    yield from check_frontier(table)


def _transport(configuration: Configuration) -> Iterator[Finding]:
    table = configuration.table("transport", TransportTable)
    open_publisher(table, configuration.state, IMAGES_SEEN).close()
    letters = open_dead_letters(table, configuration.state, IMAGES_SEEN)
    try:
        dead = sum(1 for _ in letters.letters())
    finally:
        letters.close()
    if dead:
        text = f"{table.kind}: answers, but {dead:,} dead letters wait. See: zoeklicht dead list"
        yield Finding(level="warning", matter="transport", text=text)
    else:
        yield Finding(level="ok", matter="transport", text=f"{table.kind}: answers; no dead letters")
    yield from check_transport(table)


def _hits(configuration: Configuration) -> Iterator[Finding]:
    table = configuration.table("hits", HitsTable)
    store = open_hit_store(table, configuration.state)
    try:
        count = store.count()
    finally:
        store.close()
    yield Finding(level="ok", matter="hit store", text=f"{table.kind}: answers; {count:,} hits")
    yield from check_hits(table)


def _audit(configuration: Configuration) -> Iterator[Finding]:
    log = AuditLog(configuration.table("desk", DeskTable).audit(configuration.state), time.time)
    entries = sum(1 for _ in log.entries())
    yield Finding(level="ok", matter="audit log", text=f"{entries:,} entries, the chain holds")


def _file_system_of(path: Path) -> str | None:
    """The type of the file system that holds `path`, where the system tells (Linux)."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return None
    resolved, best, kind = path.resolve(), "", None
    for line in mounts.read_text(encoding="utf-8").splitlines():
        _, mounted_at, found, *_ = line.split(" ")
        if resolved.is_relative_to(mounted_at) and len(mounted_at) >= len(best):
            best, kind = mounted_at, found
    return kind
