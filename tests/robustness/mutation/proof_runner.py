"""Runs the tests that prove rules, each run in a fork of one process that has imported and collected them all."""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.rules.proofs import Proofs, files
from tests.support.servers.forks import FORK_SERVER, ROOT, redirect_output

FORK = multiprocessing.get_context("fork")
# Imported modules cannot be rewritten, and loading all plugins takes longer than a test. Forks would share the captured
# output. A traceback with sources searches the files of all modules.
ARGUMENTS = ["-x", "-q", "-s", "--assert=plain", "--tb=native", "--timeout=60"]
PLUGINS = ["-p", "no:cacheprovider", "-p", "asyncio", "-p", "timeout"]


class RunRequest(NamedTuple):
    """Tests to run until one fails, by node id, with additional environment variables and the log to write."""

    number: int
    tests: Sequence[str]
    environment: Mapping[str, str]
    log: Path


class ProofRunner:
    """The handle of the process that has collected the tests."""

    proofs: dict[str, list[str]]  # node ids by rule or trigger

    def __init__(self, pipe: Connection, log: Path) -> None:
        try:
            self.proofs = pipe.recv()
        except EOFError:
            raise ValueError(log.read_text()) from None
        self._pipe = pipe
        self._numbers = count()
        self._awaited: dict[int, asyncio.Future[int]] = {}

    async def exit_code(self, tests: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
        """Run tests until one fails. OK: none failed; TESTS_FAILED: one did; anything else: they could not run."""
        order = RunRequest(next(self._numbers), tests, environment, log)
        awaited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._awaited[order.number] = awaited
        self._pipe.send(order)
        return await awaited

    def read_result(self) -> None:
        try:
            number, code = self._pipe.recv()
        except EOFError as error:
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())
            for awaited in self._awaited.values():
                awaited.set_exception(error)
        else:
            self._awaited.pop(number).set_result(code)


@asynccontextmanager
async def collected(log: Path) -> AsyncIterator[ProofRunner]:
    """Yield a process that has collected the tests that prove rules. Raises ValueError if it cannot."""
    ours, theirs = FORK_SERVER.Pipe()
    process = FORK_SERVER.Process(target=_collect, args=(theirs, log))
    process.start()
    theirs.close()
    try:
        proof_runner = await asyncio.to_thread(ProofRunner, ours, log)
        asyncio.get_running_loop().add_reader(ours.fileno(), proof_runner.read_result)
        yield proof_runner
    finally:
        asyncio.get_running_loop().remove_reader(ours.fileno())
        ours.close()
        await asyncio.to_thread(process.join)


def _collect(pipe: Connection, log: Path) -> None:
    redirect_output(log)
    os.chdir(ROOT)  # node ids are relative to it
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    proofs = Proofs()
    pytest.main([*ARGUMENTS, *PLUGINS, *files()], plugins=[proofs, _Runs(pipe, proofs)])


class _Runs:
    """A pytest plugin that runs the requested tests in place of all collected ones, each request in a fork."""

    def __init__(self, pipe: Connection, proofs: Proofs) -> None:
        self._pipe = pipe
        self._proofs = proofs
        self._running: dict[int, tuple[int, ForkProcess]] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if session.testsfailed:  # in collection
            return None
        self._pipe.send(self._proofs.tests)
        while True:
            for ready in wait([self._pipe, *self._running]):
                if isinstance(ready, int):
                    self._end(ready)
                elif not self._begin(session):
                    return True

    def _begin(self, session: pytest.Session) -> bool:
        """Start a requested run. Return False when the pipe is closed."""
        try:
            order: RunRequest = self._pipe.recv()
        except EOFError:
            return False
        process = FORK.Process(target=_run, args=(session, order))
        process.start()
        self._running[process.sentinel] = order.number, process
        return True

    def _end(self, sentinel: int) -> None:
        number, process = self._running.pop(sentinel)
        process.join()
        self._pipe.send((number, process.exitcode))
        process.close()


class _Verdict:
    """A pytest plugin that distinguishes a failed test from one that never ran."""

    failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed and report.when == "call"


def _run(session: pytest.Session, order: RunRequest) -> None:
    redirect_output(order.log)
    os.environ.update(order.environment)
    verdict = _Verdict()
    session.config.pluginmanager.register(verdict)
    items = {item.nodeid: item for item in session.items}
    tests = [items[test] for test in order.tests]
    for item, following in zip(tests, [*tests[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            break
    session.config.hook.pytest_sessionfinish(session=session, exitstatus=pytest.ExitCode.OK)  # ends the fixtures
    code = pytest.ExitCode.INTERNAL_ERROR if session.testsfailed else pytest.ExitCode.OK
    sys.exit(pytest.ExitCode.TESTS_FAILED if verdict.failed else code)
