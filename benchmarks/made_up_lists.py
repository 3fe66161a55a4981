"""Writes lists of any length in each format that is imported, as full as real ones; every hash is of a number."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

_BATCH: Final = 10_000
_PHOTODNA: Final = "A" * 192
_ICSE: Final = (
    "MD5;SHA1;ZZ40;PhotoDNA;Lace;Image ID;Is distributed;Victim identified;Offender identified;Series name;"
    "Investigation name;Agency;Number of submissions;File Available;Media Type;Baseline\n"
)
_NCMEC: Final = '<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><images>\n'


def _hashes(number: int) -> tuple[str, str, str]:
    """What passes for md5, sha1 and sha256 (or PDQ) of one picture."""
    digest = hashlib.blake2b(number.to_bytes(8, "big")).hexdigest()
    return digest[:32], digest[32:72], digest[64:]


def _csv(number: int) -> str:
    _, sha1, _ = _hashes(number)
    return f"sha1,{sha1},1,benchmark,{number}\n"


def _lines(number: int) -> str:
    return _hashes(number)[1] + "\n"


def _vics(number: int) -> str:
    md5, sha1, sha256 = _hashes(number)
    item = {
        "MediaID": number,
        "Category": 1 + number % 2,
        "MD5": md5.upper(),
        "SHA1": sha1.upper(),
        "PhotoDNA": _PHOTODNA,
        "MediaSize": 48_211,
        "DateUpdated": f"2023-06-{1 + number % 28:02}T02:31:49.8300Z",
        "Series": "",
        "VictimIdentified": "false",
        "OffenderIdentified": "false",
        "IsDistributed": "true",
        "IsSuspected": False,
        "Tags": "",
        "Comments": "",
        "MimeType": "image/jpeg",
        "AlternativeHashes": [{"HashName": "SHA256", "HashValue": sha256}],
        "MediaFiles": [],
    }
    return (",\n" if number else "") + json.dumps(item, indent=1)


def _icse(number: int) -> str:
    md5, sha1, _ = _hashes(number)
    return f"{md5};{sha1};;;;{number};No;No;No;;;NL;1;Yes;Image;Baseline\n"


def _ncmec(number: int) -> str:
    md5, sha1, pdq = _hashes(number)
    return (
        f'<image><member id="42">A member</member><timestamp>2024-10-{1 + number % 28:02}T15:00:00Z</timestamp>'
        f"<id>{number}</id><classification>A1</classification><fingerprints><md5>{md5}</md5><sha1>{sha1}</sha1>"
        f"<pdq>{pdq}</pdq></fingerprints></image>\n"
    )


def _threatexchange(number: int) -> str:
    record = {
        "lastModtimestamp": 1_625_167_804 + number,
        "hashValue": _hashes(number)[2],
        "hashStatus": "Active",
        "caseNumbers": {"1": "Active"},
        "signalType": "ImagePDQ",
    }
    return (",\n" if number else "") + json.dumps(record)


FORMATS: Final[dict[str, tuple[str, Callable[[int], str], str]]] = {
    "csv": ("algorithm,hash,category,source,list_id\n", _csv, ""),
    "lines": ("", _lines, ""),
    "vics": ('{"odata.metadata": "https://example/DataModels/1.3.xml#Media", "value": [\n', _vics, "\n]}\n"),
    "icse": (_ICSE, _icse, ""),
    "ncmec": (_NCMEC, _ncmec, "</images></queryResult>\n"),
    "threatexchange": ('{"hasMoreRecords": false, "hashRecords": [\n', _threatexchange, "\n]}\n"),
}
"""What each begins with, one of its rows, and what it ends with."""
CATEGORIES: Final = {"csv": ("1",), "vics": ("1", "2"), "icse": ("Baseline",), "ncmec": ("A1",)}


def write_list(path: Path, name: str, rows: int) -> int:
    """Write `rows` rows in that format; returns the file's bytes."""
    begin, row, end = FORMATS[name]
    with path.open("wb") as file:
        file.write(begin.encode())
        for start in range(0, rows, _BATCH):
            file.write("".join(map(row, range(start, min(rows, start + _BATCH)))).encode())
        file.write(end.encode())
        return file.tell()
