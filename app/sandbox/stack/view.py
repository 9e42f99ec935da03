"""The output of `booking up`: a table with a line per component, or without a terminal, a line per change."""

import contextlib
import io
import os
import sys
from types import TracebackType
from typing import NamedTuple, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

STYLES = {
    "starting": "yellow",
    "ready": "green",
    "given": "green",
    "restarting": "red",
    "stopping": "yellow",
    "skipped": "yellow",
}


class Line(NamedTuple):
    """The state and address of a component."""

    state: str
    where: str


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Discard further output. By default, rich would exit and leave the components without supervision."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class View:
    """Shows the components in the order of their first change, followed by a summary."""

    def __init__(self) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):  # a path may contain characters outside the terminal's encoding
            sys.stdout.reconfigure(errors="backslashreplace")
        self._console = _Console(highlight=False, markup=False, soft_wrap=True)
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="visible")
        self._is_terminal = sys.stdout.isatty() and not self._console.is_dumb_terminal
        self._lines: dict[str, Line] = {}
        self._summary = Text()

    def __enter__(self) -> Self:
        if self._is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._live.stop()

    def show(self, component: str, state: str, where: str = "") -> None:
        """Show the new state of `component`."""
        self._lines[component] = Line(state, where)
        self._refresh(Text(f"{component}: {state} {where}".rstrip()))

    def summarise(self, facts: dict[str, str], closing: str) -> None:
        """Replace the summary by `facts`, whose names have at most 8 letters, and the `closing` line."""

        lines = [f"{name:<8} {fact}" for name, fact in facts.items()]
        self._summary = Text("\n".join(["", *lines, *([""] if lines else []), closing]))
        self._refresh(self._summary)

    def _refresh(self, change: Text) -> None:
        with contextlib.suppress(OSError):  # the terminal may be closed
            if self._is_terminal:
                self._live.update(Group(self._table(), self._summary), refresh=True)
            else:
                self._console.print(change)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for component, line in self._lines.items():
            table.add_row(component, Text(line.state, STYLES.get(line.state, "")), Text(line.where))
        return table
