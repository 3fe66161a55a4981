"""Tables on the terminal, one look for all commands."""

from rich import box
from rich.console import Console
from rich.table import Table as TextTable

_WIDTH = 160
"""Characters of a line where there is no terminal to ask: whoever reads a file can scroll."""


def console() -> Console:
    """Where tables are printed. Text is printed as it stands: ids and names that others chose may hold brackets."""
    found = Console(markup=False)
    return found if found.is_terminal else Console(width=_WIDTH, markup=False)


def plain(text: str) -> str:
    """Without what a terminal would obey or hide: ids, names and reasons that others chose may hold anything."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "\ufffd" for each in text)


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 hash`, `1,000 hashes`; `many` is `one` with an s unless it is given."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def table_with(*columns: str, numbers: tuple[str, ...] = ()) -> TextTable:
    """An empty table; `numbers` are columns too, to the right of the others and of their edge."""
    table = TextTable(header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    for column in numbers:
        table.add_column(column, justify="right", no_wrap=True)
    return table
