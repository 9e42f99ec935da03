"""Clients of an earlier version run unchanged against today's servers. README.md describes them."""

import hashlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from tests.contract.frozen import demo
from tests.e2e.generated_client import book_and_cancel, generated
from tests.e2e.test_demo import assert_mails
from tests.e2e.walkthrough import trouble_with_page
from tests.support.servers.sandbox_process import BookingUp

FROZEN = Path(__file__).with_name("frozen")
SHA256 = {
    "demo.py": "1e0984b9be02c6b43cbc8b55318be5f48e209f7037e0e9756b11b1913f95979c",
    "openapi.json": "27390bfc5b31e1587a5b3d7492b111dffd8f9546378d93adb29bcb2773786c96",
    "walkthrough.md": "6b6f15842cb808c5f7ac7bb33eb953c8b90c12556765f8f95d4aab7143bfeb2f",
}
# Texts for people that walkthrough.md quotes. They were reworded in plain English; clients do not depend on them.
REWORDED = {
    "The hold is given up; nothing was charged.": "The hold was released. Nothing was charged.",
    "The slot is yours until hold_expires_at: pay for it.": (
        "The slot is reserved for you until hold_expires_at. Please pay before then."
    ),
    "A refund of 100.00 USD has been requested. You will get a mail when it is made": (
        "A refund of 100.00 USD was requested. We will send you a mail when it is complete"
    ),
}


class Stack(NamedTuple):
    """A running `booking up`, and the first difference of its answers from walkthrough.md."""

    home: Path
    url: str
    trouble: str | None


@pytest_asyncio.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Start a stack. The walkthrough runs first because its ids are those of an empty database."""
    folder = tmp_path_factory.mktemp("contract")
    up = await BookingUp(folder / ".booking").start()
    try:
        url = (await up.ready())["api"]
        yield Stack(up.home, url, await trouble_with_page(reworded_walkthrough(), folder))
    finally:
        await up.end(signal.SIGTERM)


def reworded_walkthrough() -> str:
    page = (FROZEN / "walkthrough.md").read_text(encoding="utf-8")
    for old, new in REWORDED.items():
        assert page.count(old) == 1, old
        page = page.replace(old, new)
    return page


@pytest.mark.parametrize("name", SHA256)
def test_a_frozen_file_is_unchanged(name: str) -> None:
    assert hashlib.sha256((FROZEN / name).read_bytes()).hexdigest() == SHA256[name]


async def test_every_answer_of_the_walkthrough_is_as_shown(stack: Stack) -> None:
    assert not stack.trouble, stack.trouble


async def test_the_demo_fills_a_doctor_and_gets_its_mails(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    await demo.play(stack.home)
    output = capsys.readouterr().out
    assert "The 31st was refused: appointment_doctor_cap" in output
    assert_mails(output)


async def test_the_generated_client_books_and_cancels(stack: Stack, tmp_path: Path) -> None:
    async with generated(FROZEN / "openapi.json", tmp_path):
        await book_and_cancel(stack.url)
