"""Processes that start at once: forks of one that has the slow imports behind it. Runs of pytest in them."""

import asyncio
import gc
import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
ROOT = Path(__file__).parents[1]
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["hypothesis", "pytest_asyncio.plugin", "pytest_timeout", "tests.conftest", "app.workers.settings"]
)
# Modules that are imported already cannot be rewritten; plugins that nobody asked for take longer than a test.
ARGUMENTS = ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "asyncio", "-p", "timeout", "--timeout=60"]


def in_fork(function: Callable[[], T]) -> T:
    """Call a function in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=FORKS) as pool:
        return pool.submit(function).result()


async def exit_code(tests: list[str], environment: dict[str, str], log: Path) -> int | None:
    """Run tests, by node id, until one fails. OK: none did; TESTS_FAILED: one did; anything else: they could not be run."""
    process = FORKS.Process(target=_be_pytest, args=(tests, environment, log))
    process.start()
    await asyncio.to_thread(process.join)
    return process.exitcode


def tell_in(log: Path) -> None:
    """Have this process write into a file, behind what is there, what it would write to the terminal."""
    with log.open("a") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)


class _Verdict:
    """A pytest plugin that tells a test that fails from one that never ran."""

    failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed and report.when == "call"


def _be_pytest(tests: list[str], environment: dict[str, str], log: Path) -> None:
    gc.freeze()  # what was imported before the fork is no garbage, and long to look through
    tell_in(log)
    os.chdir(ROOT)  # node ids begin there
    os.environ.update(environment, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    verdict = _Verdict()
    code = pytest.main([*ARGUMENTS, *tests], plugins=[verdict])
    if code == pytest.ExitCode.TESTS_FAILED and not verdict.failed:
        code = pytest.ExitCode.INTERNAL_ERROR
    sys.exit(code)
