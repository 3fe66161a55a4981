"""Loads versions of the known set: the newest generation, and over it what has changed since."""

import logging
import time
from pathlib import Path
from typing import Final

from matchers.known.generations import (
    BackgroundBuild,
    DamagedGenerationError,
    Generation,
    Overlay,
    open_generation,
    overlay_after,
    overlay_since,
    read_manifest,
)
from matchers.known.loaded import LoadedVersion
from matchers.known.recent import RecentAnswers
from matchers.known.snapshot import KnownSnapshot
from matchers.known.store import KnownStore

LOG = logging.getLogger(__name__)

_TAKEN_ANYWAY: Final = 5
"""A change of up to so many times `overlay_entries` is taken into memory at once, while a build is under way."""
_LATE_SECONDS: Final = 600.0
"""A larger one waits that long for the build to have it, then is taken into memory, too."""
_LOOK_SECONDS: Final = 1.0


class Loading:
    """Makes each version beside the one before, which goes on answering. Used by one thread at a time."""

    def __init__(
        self,
        store: KnownStore,
        folder: Path,
        background: BackgroundBuild | None,
        *,
        overlay_entries: int,
        remembered: int,
    ) -> None:
        self._store = store
        self._folder = folder
        self._background = background
        self._overlay_entries = overlay_entries
        self._remembered = remembered
        self._refused: str | None = None
        self._damaged = False
        self._late: float | None = None

    def first(self) -> LoadedVersion:
        """The store's present version. Where too much has changed since the last build it waits for another one."""
        generation = self._newest(None)
        if self._background is not None:
            until = time.monotonic() + _LATE_SECONDS
            while self._much_since(generation) and self._background.start() and time.monotonic() < until:
                self._background.wait(_LOOK_SECONDS)
                generation = self._newest(generation)
        return self._loaded(generation)

    def after(self, before: LoadedVersion) -> LoadedVersion:
        """The store's present version, or `before` itself where that is still the newest to be had."""
        generation = self._newest(before.generation)
        self._tend(before)
        if generation is before.generation and self._store.version == before.version:
            return before
        return self._loaded(generation, before)

    def _loaded(self, generation: Generation | None, before: LoadedVersion | None = None) -> LoadedVersion:
        with self._store.snapshot() as snapshot:
            if generation is not None and not _of_this_history(generation, snapshot):
                self._refuse(generation, "it was built from another known set than this one")
                generation, before = None, None
            if before is not None and snapshot.mark(before.version) != before.overlay.mark:
                before = None  # the store's file was put in the place of another: nothing of the old one holds
            follows = before is not None and before.generation is generation
            since = before.version if before and follows else generation.manifest.version if generation else 0
            if before is not None and self._too_much(snapshot.changed_since(since)):
                return before
            overlay = self._overlay(snapshot, since, before.overlay if before and follows else None)
        self._late = None
        if before is not None and follows and overlay.indexes is before.overlay.indexes:
            recent = before.recent if overlay.removed is before.overlay.removed else RecentAnswers(self._remembered)
        else:
            recent = RecentAnswers(self._remembered)
        return LoadedVersion(generation, overlay, recent)

    def _overlay(self, snapshot: KnownSnapshot, since: int, before: Overlay | None) -> Overlay:
        fingerprint = self._store.veil.fingerprint
        if before is not None:
            return overlay_after(before, snapshot, fingerprint=fingerprint)
        return overlay_since(snapshot, since, fingerprint=fingerprint)

    def _newest(self, present: Generation | None) -> Generation | None:
        """The manifest's generation, opened unless it is the present one; the present one where it cannot be used."""
        try:
            manifest = read_manifest(self._folder)
            if manifest is None:
                return present
            name = manifest.generation
            if name == self._refused or (present is not None and name == present.manifest.generation):
                return present
            # Looked at once: reading it all takes a second a gigabyte.
            self._refused = name
            opened = open_generation(self._folder, fingerprint=self._store.veil.fingerprint)
        except DamagedGenerationError as error:
            if not self._damaged:
                LOG.warning("known set: %s; it must be built anew", error)
            self._damaged = True
            return present
        self._refused, self._damaged = None, False
        return opened or present

    def _refuse(self, generation: Generation, why: str) -> None:
        LOG.warning("known set: generation %s is left alone: %s", generation.manifest.generation, why)
        self._refused = generation.manifest.generation
        self._damaged = True

    def _tend(self, before: LoadedVersion) -> None:
        """Have a generation built where it is time."""
        if self._background is None:
            return
        if self._background.poll() == "built":
            self._refused = None
        if self._damaged or len(before.overlay) > self._overlay_entries:
            self._background.start()

    def _much_since(self, generation: Generation | None) -> bool:
        with self._store.snapshot() as snapshot:
            if generation is not None and not _of_this_history(generation, snapshot):
                generation = None
            since = generation.manifest.version if generation else 0
            return snapshot.changed_since(since) > self._overlay_entries

    def _too_much(self, changed: int) -> bool:
        """Whether to leave it to the build under way."""
        if self._background is None or changed <= _TAKEN_ANYWAY * self._overlay_entries:
            return False
        if self._late is None:
            self._late = time.monotonic() + _LATE_SECONDS
        return self._background.start() and time.monotonic() < self._late


def _of_this_history(generation: Generation, snapshot: KnownSnapshot) -> bool:
    return snapshot.mark(generation.manifest.version) == generation.manifest.store
