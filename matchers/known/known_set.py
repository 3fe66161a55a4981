"""The known set as a matcher asks it: always a whole version of the store, exchanged while it answers."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from crawler.contract.records import ImageSeen
from matchers.contract.errors import MatcherError
from matchers.contract.records import Answer
from matchers.known.generations import BackgroundBuild, index_folder
from matchers.known.loaded import FoundEntries, LoadedVersion
from matchers.known.loading import Loading
from matchers.known.near.plan import require_distance
from matchers.known.recent import CacheCounts, asked_as
from matchers.known.store import KnownStore
from matchers.known.telling import questioned, told

LOG = logging.getLogger(__name__)


class LoadedKnownSet:
    """The KnownSet port over a store and its index. Thread-safe; each answer is of one version.

    Exact digests are always looked up; so are a picture's looks, with `dihedral` also turned and mirrored, and those
    of its preparations. Matches of views below `min_quality` are held apart.
    """

    def __init__(
        self,
        store: KnownStore,
        *,
        distance: int,
        min_quality: int,
        dihedral: bool,
        folder: Path | None = None,
        background: BackgroundBuild | None = None,
        overlay_entries: int = 200_000,
        remembered: int = 20_000,
        threads: int = 1,
    ) -> None:
        """Loads the store's present version: the newest generation in `folder` (the one beside the store's file), and
        into memory what has changed since. With `background`, a new generation is built whenever that is more than
        `overlay_entries`, here before this returns. The answers to `remembered` pictures are kept.

        Raises `ConfigError` for a distance that cannot be answered exactly.
        """
        self._store = store
        self._distance = require_distance(distance)
        self._min_quality = min_quality
        self._dihedral = dihedral
        self._threads = threads
        self._background = background
        self._loading = Loading(
            store,
            folder or index_folder(store.path),
            background,
            overlay_entries=overlay_entries,
            remembered=remembered,
        )
        self._refreshing = threading.Lock()
        self._counting = threading.Lock()
        self._cache_counts = CacheCounts()
        self._loaded = self._loading.first()

    @property
    def version(self) -> int:
        """Of the set that answers now."""
        return self._loaded.version

    @property
    def generation(self) -> str | None:
        """The name of the generation that answers now; None while all is in memory."""
        generation = self._loaded.generation
        return generation.manifest.generation if generation else None

    @property
    def overlay_entries(self) -> int:
        """How much has changed since that generation and is held in memory."""
        return len(self._loaded.overlay)

    @property
    def cache_counts(self) -> CacheCounts:
        """How many pictures were answered from memory, and how many were not."""
        return self._cache_counts

    def __len__(self) -> int:
        return len(self._loaded)

    def refresh(self) -> bool:
        """Take what is newer of store and index; returns whether anything was.

        The new version is made beside the old one, which answers until then, and takes its place in one step.
        """
        with self._refreshing:
            before = self._loaded
            after = self._loading.after(before)
            if after is before:
                return False
            self._loaded = after
        LOG.info("known set: version %d, %d entries, %d since %s", after.version, len(after), *_base(after))
        return True

    @contextmanager
    def kept_fresh(self, seconds: float) -> Iterator[None]:
        """While this is entered, a thread refreshes the set every so many seconds. While the store
        cannot be read the old set goes on answering. At the end, a build that is under way is ended, too.
        """
        ended = threading.Event()

        def keep() -> None:
            while not ended.wait(seconds):
                try:
                    self.refresh()
                except (MatcherError, OSError) as error:
                    LOG.warning("known set stays at version %d: %s", self.version, error)
                except Exception:
                    # This thread must outlive whatever comes: nobody would notice that nothing new is taken up.
                    LOG.exception("known set stays at version %d, and is tried again", self.version)

        thread = threading.Thread(target=keep, name="known-set-refresh", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            if self._background is not None:
                self._background.close()

    def match(self, seen: Sequence[ImageSeen]) -> Answer:
        """For each picture all its matches: sha256, sha1, md5, then PDQ by distance, then pHash and dHash.

        An entry matched by several views is told once: by one whose quality is enough, at its least distance, the
        picture as it is before a turned one, full resolution before a preparation. Hashes of one algorithm under the
        same list and list id are one entry. Raises `StoreUnavailableError` when the store does not say what the
        entries are.
        """
        loaded = self._loaded
        found = self._found(loaded, seen)
        numbers = {number for each in found for number, _ in each}
        entries = self._store.entries(numbers) if numbers else {}
        unclear = {number for each in found for number in questioned(each, entries)}
        alike = self._store.alike(unclear) if unclear else {}
        return Answer(
            version=loaded.version, matches=tuple(told(each, entries, alike) if each else () for each in found)
        )

    def _found(self, loaded: LoadedVersion, seen: Sequence[ImageSeen]) -> list[FoundEntries]:
        keys = [asked_as(each) for each in seen]
        answers = loaded.recent.get(frozenset(keys))
        new = {key: each for key, each in zip(keys, seen, strict=True) if key not in answers}
        if new:
            found = loaded.find(
                list(new.values()),
                self._store.veil,
                distance=self._distance,
                min_quality=self._min_quality,
                dihedral=self._dihedral,
                threads=self._threads,
            )
            asked = dict(zip(new, found, strict=True))
            loaded.recent.put(asked)
            answers |= asked
        with self._counting:
            counts = self._cache_counts
            self._cache_counts = CacheCounts(hits=counts.hits + len(seen) - len(new), misses=counts.misses + len(new))
        return [answers[key] for key in keys]


def _base(loaded: LoadedVersion) -> tuple[int, str]:
    generation = loaded.generation
    return len(loaded.overlay), generation.manifest.generation if generation else "the beginning"
