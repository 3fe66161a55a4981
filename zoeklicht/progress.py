"""Progress on the terminal: one line that moves, or a plain line every few seconds where there is no terminal."""

import time
from types import TracebackType
from typing import Self

from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table as TextTable
from rich.text import Text

from crawler.contract.reasons import EXPLANATIONS
from zoeklicht.standing import Standing

_PLAIN_EVERY = 5.0


class Progress:
    """Shows one `Standing` after another, with rates."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        self._began = time.monotonic()
        self._last: tuple[float, Standing] | None = None
        self._rates = (0.0, 0.0)
        self._printed = -_PLAIN_EVERY

    def show(self, standing: Standing) -> None:
        """Show where things stand."""
        now = time.monotonic()
        if self._last is not None and now > self._last[0]:
            before, seconds = self._last[1], now - self._last[0]
            self._rates = (
                (standing.pages - before.pages) / seconds,
                (standing.pictures - before.pictures) / seconds,
            )
        self._last = (now, standing)
        line = (
            f"{standing.pages:,} pages ({self._rates[0]:.0f}/s)  "
            f"{standing.pictures:,} pictures ({self._rates[1]:.0f}/s)  {standing.hits:,} hits  "
            f"queue {standing.pending:,} + {standing.leased:,} under way"
        )
        if self._live is not None:
            self._live.update(Text(line))
        elif now - self._printed >= _PLAIN_EVERY:
            self._printed = now
            self._console.print(f"{now - self._began:6.1f} s  {line}", soft_wrap=True, highlight=False)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()


def skipped_table(standing: Standing) -> TextTable:
    """Everything skipped, failed or not fully hashed, by reason: so that nothing is passed over silently."""
    table = TextTable(
        title="Skipped, and why", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    table.add_column("count", justify="right")
    table.add_column("reason")
    table.add_column("meaning")
    for reason, count in sorted(standing.skipped.items(), key=lambda item: -item[1]):
        table.add_row(f"{count:,}", reason.value, EXPLANATIONS[reason])
    return table
