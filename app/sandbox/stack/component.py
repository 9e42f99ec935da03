"""A child process with a name that people know: how it is brought up, and up again."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple, NoReturn

from app.sandbox.errors import SandboxError
from app.sandbox.servers.process import Child
from app.sandbox.stack.home import Home
from app.sandbox.stack.view import View

STABLE_SECONDS = 10.0  # seconds; whoever ends sooner waits longer and longer for the next start
FIRST_PAUSE, MAX_PAUSE = 0.5, 30.0


class Component(NamedTuple):
    """What is shown of a child, and how it is started, the first time as any later time."""

    name: str
    child: Child
    start: Callable[[], Awaitable[None]]
    where: Callable[[], str]


async def start_component(component: Component, view: View) -> None:
    """Start `component` and show how it goes. Raises what its start raises."""
    view.show(component.name, "starting")
    await component.start()
    view.show(component.name, "ready", component.where())


async def stop_component(component: Component, view: View) -> None:
    """Stop `component`, if it was started, and show it."""
    if component.child.pid:
        view.show(component.name, "stopping")
        await component.child.stop()
        view.show(component.name, "stopped")


async def supervise(component: Component, view: View, home: Home, changed: Callable[[], None]) -> NoReturn:
    """Start `component` again whenever its process has ended, and call `changed` as it has a new one.

    Raises SandboxError if the process ended and `home` is not ours any more.
    """
    pause = FIRST_PAUSE
    while True:
        started = time.monotonic()
        await component.child.wait()
        pause = FIRST_PAUSE if time.monotonic() - started > STABLE_SECONDS else pause
        view.show(component.name, "restarting", f"see {component.child.log}")
        await component.child.stop()  # processes of its own that it may have left
        if not home.is_ours():
            raise SandboxError(f"{home.path} was removed while it was in use")
        await asyncio.sleep(pause)
        pause = min(pause * 2, MAX_PAUSE)
        try:
            await start_component(component, view)
            changed()
        except (SandboxError, OSError) as error:  # it is tried again; a full disk may have room by then
            view.show(component.name, "restarting", str(error))
