"""Starts processes quickly, as forks of one that has already done the slow imports."""

import multiprocessing
import os
from pathlib import Path

ROOT = Path(__file__).parents[3]
FORK_SERVER = multiprocessing.get_context("forkserver")
FORK_SERVER.set_forkserver_preload(
    ["hypothesis", "pytest_asyncio.plugin", "pytest_timeout", "tests.conftest", "app.workers.main"]
)


def redirect_output(log: Path) -> None:
    """Append the standard output and error of this process to a file."""
    with log.open("a") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
