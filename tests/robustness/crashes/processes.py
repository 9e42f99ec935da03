"""API and worker processes that are killed with SIGKILL at an exact step, and replaced at once.

They are forks of one process that has imported and assembled everything: a new one takes milliseconds, not seconds.
"""

import asyncio
import gc
import os
import signal
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import uvicorn
from litestar import Litestar

from app.main import create_app
from app.sandbox.servers.web import listening
from app.settings import Settings
from tests.robustness.crashes.crash_points import (
    AND_DIE,
    GO_ON,
    HEADER,
    LONG,
    CrashPoint,
    ReachedPoint,
    watch,
    with_crash_points,
)
from tests.robustness.crashes.steps import Tally
from tests.robustness.crashes.worker_api import create_jobs
from tests.support.servers.forks import FORK_SERVER, redirect_output
from tests.support.servers.http_server import serving

APPS: dict[str, Callable[[Settings], Litestar]] = {"api": create_app, "other api": create_app, "worker": create_jobs}
ROLES = tuple(APPS)


class PausedAction(NamedTuple):
    action: int
    process: "ManagedProcess"
    request: "asyncio.Task[httpx.Response]"


class ManagedProcess:
    def __init__(self, pid: int, url: str) -> None:
        self.pid = pid
        self.http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=LONG)


class Processes:
    """The running processes, and a tally of every moment of a step that any of them has reached."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._settings = msgspec.structs.replace(settings, request_seconds=LONG)
        self.log = log
        self.tally: Tally = Counter()
        self.waiting: list[PausedAction] = []
        self.orphans: set[int] = set()  # backends of PostgreSQL whose client was killed
        self._members: dict[str, ManagedProcess] = {}
        self._acts: list[str] = []
        self._sights: list[ReachedPoint] = []
        self._changed = asyncio.Event()
        self._ordering = asyncio.Lock()  # one request to the forker at a time

    async def __aenter__(self) -> "Processes":
        self._orders, orders = FORK_SERVER.Pipe()
        self._events, send_event = FORK_SERVER.Pipe(duplex=False)
        self._parent = FORK_SERVER.Process(
            target=_run_forker, args=(orders, send_event, self._settings, self.log), daemon=True
        )
        self._parent.start()
        orders.close()
        send_event.close()
        asyncio.get_running_loop().add_reader(self._events.fileno(), self._read_events)
        return self

    async def __aexit__(self, *_: object) -> None:
        for role in list(self._members):
            await self.kill(role)
        asyncio.get_running_loop().remove_reader(self._events.fileno())
        self._orders.close()  # which ends the forker
        await asyncio.to_thread(self._parent.join)
        self._events.close()

    async def ask(
        self, role: str, name: str, path: str, crash_point: CrashPoint | None = None, **request: Any
    ) -> httpx.Response | None:
        """Send a request, the action `name`, to a process. Return None if the process died, or the request waits."""
        process = await self._process_for(role)
        crash_point = msgspec.structs.replace(crash_point or CrashPoint(), action=len(self._acts))
        self._acts.append(name)
        headers = request.pop("headers", {}) | {HEADER: msgspec.json.encode(crash_point).decode()}
        answer = asyncio.ensure_future(process.http.post(path, headers=headers, **request))
        if await self._answered_or_waiting(crash_point, answer):
            return await self._outcome(process, answer)
        self.waiting.append(PausedAction(crash_point.action, process, answer))
        return None

    async def resume(self, number: int, *, and_die: bool = False) -> httpx.Response | None:
        """Let a waiting request go on to its end or its next moment. Return None if its process is dead then."""
        action, process, answer = self.waiting.pop(number)
        if self._role_of(process):
            await process.http.post(f"{AND_DIE if and_die else GO_ON}{action}")
        return await self._outcome(process, answer)

    async def kill(self, role: str | None, by: signal.Signals = signal.SIGKILL) -> None:
        if role and (process := self._members.get(role)):
            os.kill(process.pid, by)
            await self._reap(process)

    async def restart(self) -> None:
        """Kill the processes of waiting requests, and clear what was recorded."""
        for waiting in self.waiting:
            await self.kill(self._role_of(waiting.process))
        while self.waiting:
            await self.resume(0)
        self._sights.clear()

    async def _process_for(self, role: str) -> ManagedProcess:
        async with self._ordering:
            if role not in self._members:
                self._orders.send(role)
                self._members[role] = ManagedProcess(*await asyncio.to_thread(self._orders.recv))
            return self._members[role]

    def log_tail(self) -> str:
        """Return the last lines of the log, without those of level info."""
        lines = [line for line in self.log.read_text().splitlines() if '"level": "info"' not in line]
        return "\n".join(lines[-5:])

    def _role_of(self, process: ManagedProcess) -> str | None:
        """Return the role of a process; None if it is dead."""
        return next((role for role, alive in self._members.items() if alive is process), None)

    async def _answered_or_waiting(self, crash_point: CrashPoint, answer: "asyncio.Task[httpx.Response]") -> bool:
        """Return True when the request is answered or its process is dead; False when it waits."""
        if crash_point.verdict == "dies":
            await asyncio.wait({answer})
        while not answer.done():
            self._changed.clear()
            if any(sight.action == crash_point.action and sight.verdict for sight in self._sights):
                return False
            changed = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait({answer, changed}, return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
        return True

    async def _outcome(self, process: ManagedProcess, answer: "asyncio.Task[httpx.Response]") -> httpx.Response | None:
        try:
            return await answer
        except httpx.TransportError:
            await self._reap(process)
            return None

    async def _reap(self, process: ManagedProcess) -> None:
        async with self._ordering:
            role = self._role_of(process)
            if role is None:
                return  # another request to it has failed and reaped it
            del self._members[role]
            self._orders.send(process.pid)
            code = await asyncio.to_thread(self._orders.recv)
        await process.http.aclose()
        self._read_events()
        self.orphans |= {sight.backend for sight in self._sights if sight.pid == process.pid and sight.backend}
        assert code == -signal.SIGKILL, f"{role} ended by itself ({code}); {self.log_tail()}"

    def _read_events(self) -> None:
        while self._events.poll():
            sight = msgspec.json.decode(self._events.recv_bytes(), type=ReachedPoint)
            self._sights.append(sight)
            self.tally[self._acts[sight.action], sight.step, sight.moment, sight.verdict or "lives"] += 1
        self._changed.set()


def _run_forker(
    orders: "Connection[Any, Any]", send_event: "Connection[Any, Any]", settings: Settings, log: Path
) -> None:
    """Fork a process for each role received, and reap the process of each id received, until the pipe is closed."""
    os.setpgrp()
    redirect_output(log)
    vars(ssl).update(create_default_context=cache(ssl.create_default_context))  # saves each fork 80 ms
    watch(send_event.send_bytes)
    apps = {role: create(settings) for role, create in APPS.items()}
    for app in apps.values():
        with_crash_points(app)
        asyncio.run(_warm_up(app))
    gc.disable()  # a collection would copy the memory that the forks share
    gc.freeze()
    with suppress(EOFError):
        while True:
            order = orders.recv()
            orders.send(_ended(order) if isinstance(order, int) else _fork(apps[order]))
    os.killpg(0, signal.SIGKILL)  # ends the forks even if the test process was killed


async def _warm_up(app: Litestar) -> None:
    """Import everything that the first request imports."""
    async with serving(app) as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
        await http.post("/")


def _ended(pid: int) -> int:
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def _fork(app: Litestar) -> tuple[int, str]:
    with listening(0) as listener:
        pid = os.fork()
        if not pid:
            _run_app(app, listener)
        return pid, f"http://127.0.0.1:{listener.getsockname()[1]}"


def _run_app(app: Litestar, listener: socket.socket) -> None:
    config = uvicorn.Config(app, loop="asyncio", access_log=False, log_config=None, timeout_keep_alive=600)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        os._exit(1)  # a process must end by a kill only
