"""What a matcher process works with, opened and wired from the configuration."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import NamedTuple

from crawler.contract.config import Configuration
from matchers.contract.ports import HitStore
from matchers.contract.records import Found
from matchers.floods import open_flood_watch
from matchers.hits import HitsTable, open_hit_store
from matchers.known import KnownStore, KnownTable, LoadedKnownSet
from matchers.known.generations import BackgroundBuild
from matchers.rematching import Rematcher, Standing, follow, restate_withdrawn
from matchers.seen import SeenStore, SeenTable, open_seen_store
from matchers.worker import Flooding, MatchingTable
from zoeklicht.known_set import digest_key_of, known_store, veil_key_of
from zoeklicht.settings_file import make_state

FollowUp = Callable[[Callable[[], bool]], object]
"""Takes what says whether to stop. Safe to repeat, and goes on where it was."""


class Matching(NamedTuple):
    """The stores and the known set, open."""

    store: KnownStore
    known_set: LoadedKnownSet
    hits: HitStore
    standing: Standing
    flooding: Flooding
    seen: SeenStore | None
    """None where nothing is kept to be matched again."""
    rematcher: Rematcher | None
    follow_up: FollowUp
    """What is to be done after each change of the known set: hits brought up to date, what was seen matched again."""


@contextmanager
def matching(configuration: Configuration) -> Iterator[Matching]:
    """All of it, closed at the end. Raises `ConfigError`, `StoreRefusedError` or `StoreUnavailableError`."""
    state = make_state(configuration)
    table = configuration.table("matching", MatchingTable)
    known = configuration.table("known", KnownTable)
    veil_key, digest_key = veil_key_of(configuration), digest_key_of(configuration)
    with ExitStack() as stack:
        store = stack.enter_context(known_store(configuration))
        hits = open_hit_store(configuration.table("hits", HitsTable), state)
        stack.callback(hits.close)
        standing = Standing(store, hits)
        watch = open_flood_watch(table.floods, state, time.time, digest_key=digest_key)
        stack.callback(watch.close)
        flooding = Flooding(watch, store)
        seen = rematcher = None
        seen_table = configuration.table("seen", SeenTable)
        kept = None
        if seen_table.enabled or (seen_table.folder or state / "seen").exists():
            kept = open_seen_store(seen_table, state, time.time, veil_key=veil_key, digest_key=digest_key)
            stack.callback(kept.close)
        if kept and seen_table.enabled:
            seen = kept
            rematcher = Rematcher(
                store,
                seen,
                hits,
                distance=table.distance,
                min_quality=table.min_quality,
                dihedral=table.dihedral,
                digest_key=digest_key,
                clock=time.time,
                stored=lambda found: _noted(flooding, found),
            )
        known_set = LoadedKnownSet(
            store,
            distance=table.distance,
            min_quality=table.min_quality,
            dihedral=table.dihedral,
            background=BackgroundBuild(store.path, veil_key),
            overlay_entries=known.overlay_entries,
            remembered=known.remembered,
        )
        yield Matching(
            store=store,
            known_set=known_set,
            hits=hits,
            standing=standing,
            flooding=flooding,
            seen=seen,
            rematcher=rematcher,
            follow_up=rematcher.round if rematcher else lambda _: _followed_up(kept, store, hits),
        )


def _followed_up(kept: SeenStore | None, store: KnownStore, hits: HitStore) -> int:
    """Where nothing is kept (any more): what was kept before is still forgotten when its time is over."""
    if kept:
        kept.expire()
    return restate_withdrawn(store, hits, time.time)


def _noted(flooding: Flooding, found: Sequence[Found]) -> None:
    flooding.note(found)


@contextmanager
def followed(follow_up: FollowUp, configuration: Configuration) -> Iterator[None]:
    """While this is entered, `follow_up` is done every few seconds, on a thread beside."""
    stop = threading.Event()
    folder = make_state(configuration)
    thread = threading.Thread(target=partial(follow, follow_up, stop, folder), name="matching-again", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
