"""One file a format: each reads a list's bytes and yields, streaming, entries and the rows it could not read.

`read_list` is the door for files of any of them.
"""

from matchers.known.importers.csv_rows import read_csv
from matchers.known.importers.detecting import ListFormat, detect, read_list
from matchers.known.importers.icse import read_icse
from matchers.known.importers.lines import read_lines
from matchers.known.importers.ncmec import read_ncmec
from matchers.known.importers.reading import Reading
from matchers.known.importers.threatexchange import read_threatexchange
from matchers.known.importers.vics import read_vics

__all__ = [
    "ListFormat",
    "Reading",
    "detect",
    "read_csv",
    "read_icse",
    "read_lines",
    "read_list",
    "read_ncmec",
    "read_threatexchange",
    "read_vics",
]
