"""Processes that start at once: forks of one that has the slow imports behind it."""

import multiprocessing
import os
from pathlib import Path

ROOT = Path(__file__).parents[3]
FORK_SERVER = multiprocessing.get_context("forkserver")
FORK_SERVER.set_forkserver_preload(
    ["hypothesis", "pytest_asyncio.plugin", "pytest_timeout", "tests.conftest", "app.workers.main"]
)


def redirect_output(log: Path) -> None:
    """Have this process write into a file, behind what is there, what it would write to the terminal."""
    with log.open("a") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
