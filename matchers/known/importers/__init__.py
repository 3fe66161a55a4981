"""One file a format: each reads a list's bytes and yields, streaming, entries and the rows it could not read."""

from matchers.known.importers.csv_rows import read_csv
from matchers.known.importers.lines import read_lines

__all__ = ["read_csv", "read_lines"]
