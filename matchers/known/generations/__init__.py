"""The known set's index on disk: generations that are built aside, and what has changed since, in memory."""

from matchers.known.generations.background import BackgroundBuild
from matchers.known.generations.building import BuildingElsewhereError, build_generation
from matchers.known.generations.damage import DamagedGenerationError
from matchers.known.generations.manifest import Manifest, index_folder, read_manifest
from matchers.known.generations.opening import Generation, check_generation, open_generation
from matchers.known.generations.overlay import Overlay, overlay_after, overlay_since

__all__ = [
    "BackgroundBuild",
    "BuildingElsewhereError",
    "DamagedGenerationError",
    "Generation",
    "Manifest",
    "Overlay",
    "build_generation",
    "check_generation",
    "index_folder",
    "open_generation",
    "overlay_after",
    "overlay_since",
    "read_manifest",
]
