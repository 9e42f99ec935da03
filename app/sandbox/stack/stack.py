"""The whole stack: the servers first, then the API and the worker."""

import asyncio
from collections.abc import Mapping

from app.sandbox.errors import SandboxError
from app.sandbox.servers.leftovers import stop_leftovers
from app.sandbox.servers.ports import is_taken
from app.sandbox.stack.backends import Backends
from app.sandbox.stack.component import Component, start_component, stop_component, supervise
from app.sandbox.stack.home import Home
from app.sandbox.stack.publication import remove_stack_file, summary, write_stack_file
from app.sandbox.stack.service import Api, Worker
from app.sandbox.stack.view import View

FREE_PORT_HINT = "use a free port with `./task up -- --port 0` (or `booking up --port 0`)"


class Stack:
    """All components of one home. `port` is the API's; 0 chooses a free one."""

    def __init__(self, home: Home, port: int, environment: Mapping[str, str], view: View) -> None:
        self._home = home
        self._port = port
        self._view = view
        self._backends = Backends(home.path, environment, view)
        self._api = Api(home.path)
        self._worker = Worker(home.path)

    async def run(self) -> None:
        """Start all components and supervise them until cancelled. Raises SandboxError if one does not start."""
        await self._start()
        try:
            async with asyncio.TaskGroup() as tasks:
                for component in self._components():
                    tasks.create_task(supervise(component, self._view, self._home, self._publish))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def stop(self) -> None:
        """Stop all components: first API and worker, then the servers."""
        if self._home.is_ours():  # otherwise the file may belong to another stack
            remove_stack_file(self._home.path)
        await asyncio.gather(*(stop_component(service, self._view) for service in self._services()))
        await self._backends.stop()
        self._view.summarise({}, f"Stopped. The data stays in {self._home.path}")

    def kill(self) -> None:
        """Send SIGKILL to all components."""
        for child in (self._backends.migration, *(component.child for component in self._components())):
            child.kill()

    async def _start(self) -> None:
        remove_stack_file(self._home.path)
        await stop_leftovers(self._home.path)
        _check_port(self._port)
        await self._backends.start()
        for service in self._services():
            await start_component(service, self._view)
        self._backends.set_api_url(self._api.url)
        self._publish()
        facts = summary(self._home.path, self._backends, self._api)
        self._view.summarise(facts, f"Ctrl-C stops everything; the data stays in {self._home.path}")

    def _publish(self) -> None:
        write_stack_file(self._home.path, self._backends, self._api, self._worker)

    def _components(self) -> list[Component]:
        return [*self._backends.components, *self._services()]

    def _services(self) -> list[Component]:
        """Return the API and the worker. The worker needs the API's URL."""
        api, worker, environment = self._api, self._worker, self._backends.service_environment
        return [
            Component("API", api.child, lambda: api.start(environment(), api.port or self._port), lambda: api.url),
            Component(
                "Worker", worker.child, lambda: worker.start({"PUBLIC_URL": api.url, **environment()}), lambda: ""
            ),
        ]


def _check_port(port: int) -> None:
    """Raise SandboxError if `port` is in use or not allowed. Called before any component starts."""
    try:
        if port and is_taken(port):
            raise SandboxError(f"port {port} is in use; {FREE_PORT_HINT}")
    except PermissionError:
        raise SandboxError(f"port {port} needs special rights; {FREE_PORT_HINT}") from None
