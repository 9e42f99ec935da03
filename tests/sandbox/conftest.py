"""Fixtures of the tests that start the whole stack."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.sandbox_process import BookingUp, Start, no_processes_left


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that does not exist yet. Its path has at least 150 characters, including spaces and umlauts."""
    return tmp_path / f"ein Ordner für größere Pläne{'...':.<{max(3, 121 - len(str(tmp_path)))}}"


@pytest.fixture
async def start(home: Path) -> AsyncIterator[Start]:
    """Starts `booking up`. After the test, the supervisor is killed, and its components must end with it."""
    started: list[BookingUp] = []

    async def start_one(stdout: int | None = None, **options: Any) -> BookingUp:
        started.append(await BookingUp(home, **options).start(stdout))
        return started[-1]

    yield start_one
    for up in started:
        await up.end(signal.SIGKILL)
    assert await no_processes_left(home)
