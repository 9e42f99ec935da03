"""Reads docs/walkthrough.md, runs its commands in a shell, and compares the answers with those shown."""

import asyncio
import json
import re
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

CURL = Path(__file__).with_name("curl.py")
BLOCKS = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ANSWER = re.compile(r"HTTP/1\.1 (?P<status>\d{3} [A-Za-z ]+)\n\n(?P<body>.+)", re.DOTALL)
VARIABLE = re.compile(r"\$([A-Z]+)")
ANYTHING = "..."
SECONDS = 60  # for what the page says happens some seconds later


class Shown(NamedTuple):
    """An answer as the page shows it. `body` is JSON whose variables are not replaced yet."""

    status: str
    body: str


class Step(NamedTuple):
    """Commands, and the answer to the last `curl` of them if it is shown."""

    commands: str
    shown: Shown | None

    @property
    def only_looks(self) -> bool:
        """Whether the commands change nothing, so that they can be repeated until what they wait for has happened."""
        return self.commands.count("curl ") == 1 and not re.search(r" -[Xd] |[A-Z]=", self.commands)


def steps(page: str) -> Iterator[Step]:
    """Yield the steps of a page. Raises ValueError for a block that is neither commands nor their answer."""
    commands = None
    for kind, text in BLOCKS.findall(page):
        if kind == "sh":
            if commands is not None:
                yield Step(commands, None)
            commands = text
        elif (answer := ANSWER.fullmatch(text)) and kind == "http" and commands is not None:
            yield Step(commands, Shown(answer["status"], answer["body"]))
            commands = None
        else:
            raise ValueError(text)
    if commands is not None:
        yield Step(commands, None)


class Shell:
    """A `sh` in a folder, with curl.py as its `curl`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._notes = folder / "notes"
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "Shell":
        programs = self._folder / "bin"
        programs.mkdir()
        curl = programs / "curl"
        curl.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -SE {shlex.quote(str(CURL))} "$@"\n')
        curl.chmod(0o755)
        self._process = await asyncio.create_subprocess_exec(
            "sh",
            cwd=self._folder,
            env={"PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin", "CURL_NOTES": str(self._notes)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process
        self._process.kill()
        await self._process.wait()

    async def run(self, commands: str) -> str:
        """Run commands to their end; return their output."""
        assert self._process
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{commands}\nprintf '\\n\\0'\n".encode())
        printed = await asyncio.wait_for(self._process.stdout.readuntil(b"\n\0"), 120)
        return printed[:-2].decode()

    async def answers(self, commands: str) -> list[dict[str, str]]:
        """Run commands; return the answers to their `curl`s, in order."""
        self._notes.write_text("")
        await self.run(commands)
        return [json.loads(line) for line in self._notes.read_text().splitlines()]

    async def filled_in(self, text: str) -> str:
        """Return a text with its variables replaced. Fails if one is empty."""
        values = {name: await self.run(f'printf %s "${name}"') for name in set(VARIABLE.findall(text))}
        assert all(values.values()), values
        return VARIABLE.sub(lambda match: values[match[1]], text)


async def trouble_with_page(page: str, folder: Path) -> str | None:
    """Run a page's steps in a folder. Return the first difference from the page, with the step's commands."""
    async with Shell(folder) as shell:
        for step in steps(page):
            deadline = time.monotonic() + SECONDS
            trouble = await trouble_with(shell, step)
            while trouble and step.only_looks and time.monotonic() < deadline:
                await asyncio.sleep(0.2)
                trouble = await trouble_with(shell, step)
            if trouble:
                return f"{trouble}\n\n{step.commands}"
    return None


async def trouble_with(shell: Shell, step: Step) -> str | None:
    """Run a step; return how it differs from the page."""
    answers = await shell.answers(step.commands)
    for answer in answers[:-1] if step.shown else answers:
        if answer["status"][0] not in "23":
            return f"{answer['method']} {answer['url']}: {answer['status']}"
    if not step.shown:
        return None
    return await trouble_with_answer(shell, step.shown, answers[-1]) if answers else "no request was sent"


async def trouble_with_answer(shell: Shell, shown: Shown, answer: dict[str, str]) -> str | None:
    """Return how an answer differs from the one that is shown."""
    if answer["status"] != shown.status:
        return f"{answer['status']}, not {shown.status}: {answer['body']}"
    return difference(json.loads(await shell.filled_in(shown.body)), json.loads(answer["body"]))


def difference(shown: Any, real: Any, where: str = "") -> str | None:
    """Return where and how an answer differs from the page, or None. Fields that are not shown may be anything."""
    if isinstance(shown, dict) and isinstance(real, dict):
        missing = [f"{where}.{name} is missing" for name in shown if name not in real]
        found = [difference(value, real[name], f"{where}.{name}") for name, value in shown.items() if name in real]
        return next(filter(None, [*missing, *found]), None)
    if isinstance(shown, list) and isinstance(real, list):
        return _difference_of_lists(shown, real, where)
    if isinstance(shown, str) and isinstance(real, str):
        pattern = ".*".join(map(re.escape, shown.split(ANYTHING)))
        return None if re.fullmatch(pattern, real, re.DOTALL) else f"{where} is {real!r}, not {shown!r}"
    return None if (type(shown), shown) == (type(real), real) else f"{where} is {real!r}, not {shown!r}"


def _difference_of_lists(shown: list[Any], real: list[Any], where: str) -> str | None:
    """Compare lists. An item "..." of the shown list stands for any number of items."""
    if not shown:
        return f"{where} has {len(real)} items more" if real else None
    first, *others = shown
    if first == ANYTHING:
        tries = [_difference_of_lists(others, real[skipped:], where) for skipped in range(len(real) + 1)]
        return None if None in tries else tries[0]
    if not real:
        return f"{where} has {len(shown)} items fewer"
    return difference(first, real[0], f"{where}[]") or _difference_of_lists(others, real[1:], where)
