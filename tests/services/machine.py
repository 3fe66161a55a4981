"""What the tests need of the machine: a Java, Maven, Redis's binary, Node … Installed by apt where we are root."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

OLDEST_JAVA, NEWEST_JAVA = 17, 21


class MissingProgramError(RuntimeError):
    """A program is not there and could not be installed; the text says what to install."""


def java_home() -> Path:
    """The home of a Java that both Kafka 3.9 and Elasticsearch 8 run on, the oldest there is."""
    found = _java_homes()
    if not found:
        _apt_install("openjdk-17-jre-headless", what="Java 17 (up to 21)")
        found = _java_homes()
    if not found:
        raise MissingProgramError("No Java 17 to 21 was found. Install one and set JAVA_HOME to it.")
    return found[0]


def maven() -> str:
    """The path of `mvn`."""
    return _program("mvn", package="maven", what="Maven")


def redis_server() -> str:
    """The path of Redis's server.

    Debian's `redis-tools` carries the very program under the name of one of its tools, and brings no system
    service along that would be started.
    """
    return shutil.which("redis-server") or _program("redis-check-rdb", package="redis-tools", what="Redis 7")


def setpriv() -> str:
    """The path of util-linux's `setpriv`, which every Debian has."""
    return _program("setpriv", package="util-linux", what="setpriv")


def strace() -> str:
    """The path of `strace`, with which a test sees every file that is opened."""
    return _program("strace", package="strace", what="strace")


def chromium() -> str:
    """The path of Debian's Chromium."""
    return _program("chromium", package="chromium", what="Chromium")


def npm() -> str:
    """The path of `npm`."""
    return _program("npm", package="npm", what="npm")


def node() -> str:
    """The path of `node`."""
    return _program("node", package="nodejs", what="Node 18 to 22")


def node_home() -> Path:
    """The folder whose `include/node` has the headers of the Node on PATH, to build add-ons against."""
    home = Path(node()).resolve().parent.parent
    headers = home / "include" / "node" / "node.h"
    if not headers.exists():
        _apt_install("libnode-dev", what="Node's headers")
    if not headers.exists():
        raise MissingProgramError(f"Node's headers are not at {headers}. Install a Node that brings them along.")
    return home


def compiler() -> str:
    """The path of the C++ compiler."""
    _program("make", package="make", what="make")
    return _program("g++", package="g++", what="A C++ compiler")


def graphicsmagick() -> str:
    """The path of GraphicsMagick."""
    return _program("gm", package="graphicsmagick", what="GraphicsMagick")


def exiftool() -> str:
    """The path of `exiftool`."""
    return _program("exiftool", package="libimage-exiftool-perl", what="ExifTool")


def php() -> str:
    """The path of PHP's command line, with the extensions that MediaWiki needs, and SQLite's."""
    wanted = {"gd", "intl", "mbstring", "sqlite3", "xml"}
    if not wanted <= _php_extensions():
        _apt_install("php-cli", *(f"php-{name}" for name in sorted(wanted)), what="PHP with its extensions")
    missing = wanted - _php_extensions()
    if missing:
        raise MissingProgramError(f"PHP was installed, but without {', '.join(sorted(missing))}.")
    return _program("php", package="php-cli", what="PHP")


def download(packages: Sequence[str], folder: Path) -> None:
    """Put Debian packages into a folder, as files, without installing them."""
    command = ["apt-get", "download", *packages]
    remedy = f"`{' '.join(command)}` failed. Run it on a Debian that is online."
    if not shutil.which("apt-get"):
        raise MissingProgramError(remedy)
    if subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0:
        return
    # On a fresh machine there is no list of packages yet.
    subprocess.run(["apt-get", "update"], capture_output=True, check=False)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingProgramError(f"{remedy}\n{done.stderr[-2000:]}")


def _php_extensions() -> set[str]:
    found = shutil.which("php")
    if not found:
        return set()
    done = subprocess.run([found, "-m"], capture_output=True, text=True, check=False)
    return {line.strip().lower() for line in done.stdout.splitlines()}


def _program(name: str, *, package: str, what: str) -> str:
    found = shutil.which(name)
    if not found:
        _apt_install(package, what=what)
        found = shutil.which(name)
    if not found:
        raise MissingProgramError(f"{what} was installed, but `{name}` is not on PATH.")
    return found


def _java_homes() -> list[Path]:
    named = [Path(os.environ[key]) for key in ("ES_JAVA_HOME", "JAVA_HOME") if os.environ.get(key)]
    on_path = shutil.which("java")
    if on_path:
        named.append(Path(on_path).resolve().parent.parent)
    usable: dict[Path, int] = {}
    for home in [*named, *sorted(Path("/usr/lib/jvm").glob("*"))]:
        version = _java_version(home)
        if version is not None and OLDEST_JAVA <= version <= NEWEST_JAVA:
            usable.setdefault(home.resolve(), version)
    return sorted(usable, key=lambda home: usable[home])


def _java_version(home: Path) -> int | None:
    """The major version, as the Java's own `release` file has it."""
    try:
        text = (home / "release").read_text(encoding="utf-8")
    except OSError:
        return None
    match = re.search(r'^JAVA_VERSION="(\d+)', text, re.MULTILINE)
    return int(match[1]) if match and (home / "bin" / "java").exists() else None


def _apt_install(*packages: str, what: str) -> None:
    remedy = f"{what} is missing. Install it (on Debian: apt-get install {' '.join(packages)}) and run this again."
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise MissingProgramError(remedy)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MissingProgramError(f"{remedy}\n`{' '.join(command)}` failed:\n{done.stderr[-2000:]}")
