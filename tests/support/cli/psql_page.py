"""Runs the statements of docs/psql.md in psql, and compares the output with the one that the page shows."""

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from app.admin_cli.psql import psql_command

BLOCKS = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ANYTHING = "..."


class Recipe(NamedTuple):
    """The input and the output of psql. In the output, a line `...` stands for any number of lines."""

    typed: str
    shown: str


def recipes(page: str) -> Iterator[Recipe]:
    """Yield the recipes of a page. Raises ValueError for an input without output, or an output without input."""
    typed = None
    for kind, text in BLOCKS.findall(page):
        if kind == "sql" and typed is None:
            typed = text
        elif kind == "text" and typed is not None:
            yield Recipe(typed, text)
            typed = None
        elif kind != "sh":
            raise ValueError(text)
    if typed is not None:
        raise ValueError(typed)


async def psql(url: str, typed: str) -> str:
    """Run `booking psql` with an input; return its output, including errors."""
    path, (_, *arguments), environment = psql_command(Path(), [], {**os.environ, "ADMIN_DATABASE_URL": url})
    process = await asyncio.create_subprocess_exec(
        path,
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await asyncio.wait_for(process.communicate(typed.encode()), 60)
    return printed.decode()


def agrees(shown: str, printed: str) -> bool:
    """Whether the printed output matches the shown one, apart from the widths of columns."""
    return re.fullmatch(_pattern(shown), _normalized(printed)) is not None


def _pattern(shown: str) -> str:
    lines = [
        "(.*\n)*?" if line == ANYTHING else ".*".join(map(re.escape, line.split(ANYTHING))) + "\n"
        for line in _normalized(shown).splitlines()
    ]
    return "".join(lines)


def _normalized(text: str) -> str:
    """Remove the padding of columns."""
    lines = (re.sub(r"-{2,}", "-", " ".join(line.split())) for line in text.strip().splitlines())
    return "".join(f"{line}\n" for line in lines)
