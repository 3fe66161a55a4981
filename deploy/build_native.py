"""Hatchling's hook: `pip install .` compiles the native core into the wheel where Rust is, and does without elsewhere.

Set ZOEKLICHT_NATIVE=no to leave it out, =yes to fail rather than do without it. Editable installs leave it to
`make native`.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NativeCore(BuildHookInterface):  # type: ignore[type-arg]
    """Adds `zoeklicht_native` to wheels."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """See Hatchling. Any: its own shape."""
        wanted = os.environ.get("ZOEKLICHT_NATIVE", "")
        if self.target_name != "wheel" or version == "editable" or wanted == "no":
            return
        if shutil.which("cargo") is None:
            if wanted == "yes":
                raise SystemExit("ZOEKLICHT_NATIVE=yes, but there is no cargo: install Rust first.")
            self.app.display_warning("no Rust here: the native core is left out; NumPy takes its place")
            return
        crate = Path(self.root) / "native"
        command = ["cargo", "build", "--release", "--quiet", "--features", "pyo3/extension-module"]
        ended = subprocess.run(command, cwd=crate, check=False)  # noqa: S603 - our own words
        if ended.returncode:
            if wanted == "yes":
                raise SystemExit("the native core does not compile here")
            self.app.display_warning("the native core does not compile here and is left out; NumPy takes its place")
            return
        target = Path(os.environ.get("CARGO_TARGET_DIR", crate / "target"))
        suffix = {"darwin": "dylib", "win32": "dll"}.get(sys.platform, "so")
        prefix = "" if sys.platform == "win32" else "lib"
        built = target / "release" / f"{prefix}zoeklicht_native.{suffix}"
        installed = "zoeklicht_native.pyd" if sys.platform == "win32" else "zoeklicht_native.abi3.so"
        build_data["force_include"][str(built)] = installed
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"cp311-abi3-{platform}"
