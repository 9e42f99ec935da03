"""The README's first story and docs/walkthrough.md, block by block against a new `booking up`. Compares each answer."""

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.walkthrough import Shell, Shown, Step, difference, steps
from tests.support.servers.sandbox_process import BookingUp

ROOT = Path(__file__).parents[2]
PAGE = ROOT.joinpath("docs", "walkthrough.md").read_text(encoding="utf-8")
STORY = ROOT.joinpath("README.md").read_text(encoding="utf-8").partition("## First story")[2].partition("## Next")[0]
SECONDS = 60  # for what the page says happens some seconds later


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


async def check_answers(page: str, tmp_path: Path) -> None:
    """Run a page's steps on a new `booking up` in a folder; fail at the first answer that differs."""
    up = await BookingUp(tmp_path / ".booking").start()
    try:
        await up.ready()
        async with Shell(tmp_path) as shell:
            for step in steps(page):
                deadline = time.monotonic() + SECONDS
                trouble = await trouble_with(shell, step)
                while trouble and step.only_looks and time.monotonic() < deadline:
                    await asyncio.sleep(0.2)
                    trouble = await trouble_with(shell, step)
                assert not trouble, f"{trouble}\n\n{step.commands}"
    finally:
        await up.end(signal.SIGTERM)


async def test_every_answer_is_as_shown(tmp_path: Path) -> None:
    await check_answers(PAGE, tmp_path)


async def test_the_first_story_of_the_readme(tmp_path: Path) -> None:
    assert len(list(steps(STORY))) == 8
    await check_answers(STORY, tmp_path)


def test_most_steps_show_an_answer() -> None:
    page = list(steps(PAGE))
    assert len(page) > 30
    assert sum(step.shown is not None for step in page) > 30


REAL = {"id": 1, "name": "Ada", "at": "2026-11-30", "list": [{"id": 1}, {"id": 2}, {"id": 3}], "none": None}


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"id": 1},
        {"name": "A...", "at": "..."},
        {"list": [{"id": 1}, {}, {"id": 3}]},
        {"list": ["..."]},
        {"list": ["...", {"id": 3}]},
        {"list": [{"id": 1}, "..."]},
        {"list": ["...", {"id": 2}, "..."], "none": None},
    ],
)
def test_what_is_not_shown_may_be_anything(shown: Any) -> None:
    assert difference(shown, REAL) is None


@pytest.mark.parametrize(
    "shown",
    [
        [],
        {"id": 2},
        {"id": True},
        {"id": "1"},
        {"id": "..."},
        {"name": "B..."},
        {"name": "Ad"},
        {"other": "..."},
        {"list": []},
        {"list": [{"id": 1}, {"id": 2}]},
        {"list": [{"id": 1}, {"id": 2}, {"id": 3}, {}]},
        {"list": ["...", {"id": 1}]},
        {"list": [{"id": 2}, "..."]},
        {"none": "..."},
    ],
)
def test_what_is_shown_is_compared(shown: Any) -> None:
    assert difference(shown, REAL)


@pytest.mark.parametrize("block", ["json\n{}\n", "http\nHTTP/1.1 200 OK\n\n{}\n", "http\n{}\n"])
def test_a_block_without_a_command_is_refused(block: str) -> None:
    with pytest.raises(ValueError, match=r"\{\}"):
        list(steps(f"```{block}```\n"))
