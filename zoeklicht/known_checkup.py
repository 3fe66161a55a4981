"""What `zoeklicht doctor` looks at in the known set: what it holds, what waits, and whether crawlers fit its lists."""

from collections.abc import Iterator, Sequence

from crawler.contract.config import Configuration
from crawler.contract.findings import Finding
from crawler.hashing import HashingTable
from matchers.known import KnownStore, ListCount
from matchers.known.generations import index_folder, index_status
from matchers.known.near import native_available
from zoeklicht.known_set import known_store
from zoeklicht.tables import counted

_MATTER = "known set"


def check_known(configuration: Configuration) -> Iterator[Finding]:
    """What the known set holds, and what keeps it from being of use."""
    with known_store(configuration) as store:
        counts = store.counts()
        waiting = sum(each.state == "waiting" for each in store.proposals())
        held = sum(sum(count.entries.values()) for count in counts)
        if not held:
            text = "empty: nothing can match. Run: zoeklicht known register, then zoeklicht known import"
            yield Finding(level="failure", matter=_MATTER, text=text)
        else:
            text = f"{counted(held, 'hash', 'hashes')} of {counted(len(counts), 'list')}, version {store.version}"
            yield Finding(level="ok", matter=_MATTER, text=text)
        yield from _index(store)
    if waiting:
        text = (
            f"{counted(waiting, 'proposal waits', 'proposals wait')} for a second person. See: zoeklicht known status"
        )
        yield Finding(level="warning", matter=_MATTER, text=text)
    flooding = sum(count.flooding for count in counts)
    if flooding:
        flood = counted(flooding, "hash floods", "hashes flood")
        text = f"{flood}: what they match is held apart. See: zoeklicht known status"
        yield Finding(level="warning", matter=_MATTER, text=text)
    yield from _preparations(configuration, counts)
    yield _native()


def _index(store: KnownStore) -> Iterator[Finding]:
    status = index_status(store, index_folder(store.path))
    if status.manifest is not None:
        size = status.manifest.size / 2**20
        text = f"its index is of version {status.manifest.version}, {size:,.0f} MiB; {status.behind:,} changes since"
        yield Finding(level="ok", matter=_MATTER, text=text)


def _preparations(configuration: Configuration, counts: Sequence[ListCount]) -> Iterator[Finding]:
    """Copies lie nearest to hashes that were made in the same way."""
    crawled = configuration.table("hashing", HashingTable).preparations
    for count in counts:
        prepared = count.registration.prepared
        if prepared is not None and prepared not in crawled:
            text = (
                f"{count.list} was hashed after {prepared}, and crawlers hash otherwise: fewer copies are found. "
                f'Set preparations = ["{prepared}"] under [hashing]; docs/recall.md has figures.'
            )
            yield Finding(level="warning", matter=_MATTER, text=text)


def _native() -> Finding:
    if native_available():
        return Finding(level="ok", matter="native core", text="in use")
    text = "not installed: NumPy takes its place, many times slower. Run: make native (needs Rust)"
    return Finding(level="warning", matter="native core", text=text)
