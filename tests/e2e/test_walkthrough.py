"""The README's first story and docs/walkthrough.md, block by block against a new `booking up`. Compares each answer."""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.walkthrough import difference, steps, trouble_with_page
from tests.support.servers.sandbox_process import BookingUp

ROOT = Path(__file__).parents[2]
PAGE = ROOT.joinpath("docs", "walkthrough.md").read_text(encoding="utf-8")
STORY = ROOT.joinpath("README.md").read_text(encoding="utf-8").partition("## First story")[2].partition("## Next")[0]


async def check_answers(page: str, tmp_path: Path) -> None:
    """Run a page's steps on a new `booking up` in a folder; fail at the first answer that differs."""
    up = await BookingUp(tmp_path / ".booking").start()
    try:
        await up.ready()
        trouble = await trouble_with_page(page, tmp_path)
        assert not trouble, trouble
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
