"""A named component of the stack: its start, stop and restarts."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple, NoReturn

from app.sandbox.errors import SandboxError
from app.sandbox.servers.process import Child
from app.sandbox.stack.home import Home
from app.sandbox.stack.view import View

STABLE_SECONDS = 10.0  # if a process ends sooner, the pause before the next start doubles
FIRST_PAUSE, MAX_PAUSE = 0.5, 30.0  # seconds


class Component(NamedTuple):
    """A child process with its displayed name, its start function and its displayed address."""

    name: str
    child: Child
    start: Callable[[], Awaitable[None]]
    where: Callable[[], str]


async def start_component(component: Component, view: View) -> None:
    """Start `component` and show its state. Raises the errors of its start function."""
    view.show(component.name, "starting")
    await component.start()
    view.show(component.name, "ready", component.where())


async def stop_component(component: Component, view: View) -> None:
    """Stop `component` if it was started, and show its state."""
    if component.child.pid:
        view.show(component.name, "stopping")
        await component.child.stop()
        view.show(component.name, "stopped")


async def supervise(component: Component, view: View, home: Home, changed: Callable[[], None]) -> NoReturn:
    """Restart `component` whenever its process has ended, and call `changed` after each restart.

    Raises SandboxError if the process has ended and `home` no longer belongs to this stack.
    """
    pause = FIRST_PAUSE
    while True:
        started = time.monotonic()
        await component.child.wait()
        pause = FIRST_PAUSE if time.monotonic() - started > STABLE_SECONDS else pause
        view.show(component.name, "restarting", f"see {component.child.log}")
        await component.child.stop()  # ends processes that it may have left behind
        if not home.is_ours():
            raise SandboxError(f"{home.path} was removed while the stack was using it: run `booking up` again")
        await asyncio.sleep(pause)
        pause = min(pause * 2, MAX_PAUSE)
        try:
            await start_component(component, view)
            changed()
        except (SandboxError, OSError) as error:  # retried: a full disk, for example, may have room later
            view.show(component.name, "restarting", str(error))
