"""The known set's index on disk: generations that are built aside, and what has changed since, in memory."""

from matchers.known.generations.background import BackgroundBuild
from matchers.known.generations.building import BuildingElsewhereError, build_generation
from matchers.known.generations.damage import DamagedGenerationError
from matchers.known.generations.manifest import Manifest, index_folder, read_manifest
from matchers.known.generations.opening import Generation, check_generation, open_generation
from matchers.known.generations.overlay import Overlay, overlay_after, overlay_since
from matchers.known.generations.status import IndexStatus, index_status, verify_index

__all__ = [
    "BackgroundBuild",
    "BuildingElsewhereError",
    "DamagedGenerationError",
    "Generation",
    "IndexStatus",
    "Manifest",
    "Overlay",
    "build_generation",
    "check_generation",
    "index_folder",
    "index_status",
    "open_generation",
    "overlay_after",
    "overlay_since",
    "read_manifest",
    "verify_index",
]
