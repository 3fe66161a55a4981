"""`python -m benchmarks.importing --rows N`: how fast each list format is read and imported, and in how much memory.

Three sides, each in a process of its own, over the same file: `parser` (the importer alone), `store` (the importer into
a new known set, on disk when it ends), and `peer`: the plain way with Python's own library, which reads no other than
well-formed files, checks nothing and keeps every hash in a dict.
"""

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from benchmarks.made_up_lists import CATEGORIES, FORMATS, write_list
from matchers.contract.records import KnownEntry
from matchers.known import KnownStore, Person, Registration
from matchers.known.importers import read_list
from matchers.known.two_hands import import_by_two
from matchers.veil import Veil

SIDES: Final = ("parser", "store", "peer")
LEFT_OUT: Final = (
    "bad rows: every row of these lists is well formed",
    "building the matchers' index out of the store, see benchmarks.matching",
    "the peer checks no hash, quarantines nothing, keeps no provenance, and fails at the first trap",
)
_KEY: Final = bytes(range(32))
_FIRST, _SECOND = (Person(name=name, account=name) for name in ("first", "second"))
_NAMESPACE: Final = "{https://hashsharing.ncmec.org/hashsharing/v2}"


def main(arguments: Sequence[str]) -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(prog="benchmarks.importing", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--one", nargs=3, metavar=("SIDE", "FORMAT", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        side, name, file = options.one
        print(json.dumps(_measured(side, name, Path(file))))
        return
    formats: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="zoeklicht-importing-") as folder:
        for name in options.formats:
            path = Path(folder) / name
            size = write_list(path, name, options.rows)
            formats[name] = {"bytes": size} | {side: _run(side, name, path) for side in options.sides}
            path.unlink()
    about = {"rows": options.rows, "cpus": os.cpu_count(), "python": platform.python_version(), "left_out": LEFT_OUT}
    print(json.dumps({"formats": formats} | about, indent=1))


def _run(side: str, name: str, path: Path) -> dict[str, Any]:
    # Any: JSON.
    print(f"{name}: {side}", file=sys.stderr)
    command = [sys.executable, "-m", "benchmarks.importing", "--one", side, name, str(path)]
    report: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return report


def _measured(side: str, name: str, path: Path) -> dict[str, float]:
    before = _peak_mb()
    begun, cpu = time.perf_counter(), time.process_time()
    hashes = {"parser": _parsed, "store": _stored, "peer": _by_the_peer}[side](name, path)
    seconds, spent = time.perf_counter() - begun, time.process_time() - cpu
    return {
        "hashes": hashes,
        "seconds": round(seconds, 2),
        "hashes_per_s": round(hashes / seconds),
        "hashes_per_cpu_s": round(hashes / spent),
        "peak_rss_mb": round(_peak_mb(), 1),
        "base_rss_mb": round(before, 1),
    }


def _peak_mb() -> float:
    # Not getrusage: after a fork that counts what the parent held, too.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _parsed(_: str, path: Path) -> int:
    with path.open("rb") as file:
        rows = read_list(file, list_name="benchmark", digest_key=_KEY)
        return sum(type(row) is KnownEntry for row in rows)


def _stored(name: str, path: Path) -> int:
    with tempfile.TemporaryDirectory(prefix="zoeklicht-importing-") as folder, path.open("rb") as file:
        store = KnownStore(Path(folder) / "known.sqlite", time.time, Veil(_KEY))
        registration = Registration(
            name="benchmark",
            source="made up",
            regime="csam",
            contact="nobody",
            categories=dict.fromkeys(CATEGORIES[name], "illegal") if name in CATEGORIES else None,
        )
        rows = read_list(file, list_name="benchmark", digest_key=_KEY)
        report = import_by_two(store, registration, rows, file=name, first=_FIRST, second=_SECOND)
        store.close()
        return report.added


Known = dict[tuple[str, str], str]


def _by_the_peer(name: str, path: Path) -> int:
    known: Known = {}
    _PEERS[name](path, known)
    return len(known)


def _plain_csv(path: Path, known: Known) -> None:
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            known[row["algorithm"], row["hash"].lower()] = row["list_id"]


def _plain_lines(path: Path, known: Known) -> None:
    with path.open() as file:
        for line in file:
            known["sha1", line.strip().lower()] = ""


def _plain_icse(path: Path, known: Known) -> None:
    with path.open(newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            known["md5", row["MD5"].lower()] = known["sha1", row["SHA1"].lower()] = row["Image ID"]


def _plain_vics(path: Path, known: Known) -> None:
    with path.open() as file:
        for item in json.load(file)["value"]:
            known["md5", item["MD5"].lower()] = known["sha1", item["SHA1"].lower()] = item["MediaID"]
            for other in item["AlternativeHashes"]:
                known[other["HashName"], other["HashValue"].lower()] = item["MediaID"]


def _plain_ncmec(path: Path, known: Known) -> None:
    for entry in _children(ET.parse(path).getroot().find(f"{_NAMESPACE}images")):
        for each in _children(entry.find(f"{_NAMESPACE}fingerprints")):
            known[each.tag, (each.text or "").lower()] = entry.findtext(f"{_NAMESPACE}id", "")


def _children(element: ET.Element | None) -> Iterable[ET.Element]:
    return () if element is None else element


def _plain_threatexchange(path: Path, known: Known) -> None:
    with path.open() as file:
        for record in json.load(file)["hashRecords"]:
            known[record["signalType"], record["hashValue"].lower()] = record["hashStatus"]


_PEERS: Final[dict[str, Callable[[Path, Known], None]]] = {
    "csv": _plain_csv,
    "lines": _plain_lines,
    "icse": _plain_icse,
    "vics": _plain_vics,
    "ncmec": _plain_ncmec,
    "threatexchange": _plain_threatexchange,
}


if __name__ == "__main__":
    main(sys.argv[1:])
