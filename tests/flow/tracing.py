"""What processes open for writing, as the kernel saw it."""

import re
from collections.abc import Iterator
from pathlib import Path

STORES = frozenset({"frontier.sqlite", "shared.sqlite", "transport.sqlite"})
"""All that a crawler on the embedded adapters may write."""

_OPENED = re.compile(r'(?:openat\(AT_FDCWD, |open\(|creat\()"([^"]*)", ?([A-Z_|0-9]*)')
_MEMORY = re.compile(r"memfd_create\(")
_WRITING = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TMPFILE")
_HARMLESS = ("/dev/null", "/dev/tty", "/proc/self/")


def traced(strace: str, trace: Path) -> tuple[str, ...]:
    """What goes before a command, so that it and its children are traced."""
    return (strace, "-f", "-qq", "-e", "trace=open,openat,creat,memfd_create", "-o", str(trace))


def assert_only_stores_were_written(trace: Path) -> None:
    written = set(_written(trace))
    assert written, "the trace is empty"
    names = {Path(path).name.removesuffix("-wal").removesuffix("-shm").removesuffix("-journal") for path in written}
    assert names <= STORES, f"written besides the stores: {sorted(written)}"
    assert not _MEMORY.search(trace.read_text(errors="replace"))


def _written(trace: Path) -> Iterator[str]:
    for line in trace.read_text(errors="replace").splitlines():
        found = _OPENED.search(line)
        if found and any(flag in found[2] for flag in _WRITING) and " = -1 " not in line:
            path = found[1]
            if not path.startswith(_HARMLESS) and not path.endswith(".pyc") and "__pycache__" not in path:
                yield path
