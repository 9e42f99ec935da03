"""Foreign programs. A missing one fails a test, so that no run skips it silently."""

import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.sandbox.servers.identity import server_identity
from app.sandbox.servers.ports import start_on_port
from app.sandbox.servers.process import Child, Program
from tests.support.servers.worker_process import eventually

FOLDERS = f"{os.environ['PATH']}:/usr/sbin"  # Debian's servers; not in the path of an ordinary user


def find(*names: str, package: str) -> str:
    """Return the path of the first program that exists. Fails with the Debian package to install if none does."""
    for name in names:
        if path := shutil.which(name, path=FOLDERS):
            return path
    pytest.fail(f"{names[0]} was not found: apt-get install {package}")


@asynccontextmanager
async def serving(folder: Path, program: str, command: Callable[[int], list[str]]) -> AsyncIterator[int]:
    """Run a server with the arguments that `command` returns for a free port; yield the port when it accepts."""
    child = Child(Path(program).name, folder)
    ports: list[int] = []

    async def start(port: int) -> bool:
        ports.append(port)
        identity = await server_identity(folder, Path(program))  # PgBouncer refuses to run as root
        await child.start(Program([program, *command(port)], {"PATH": FOLDERS}, folder, identity))

        async def accepts() -> bool:
            if not child.running:
                return True
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", port)) == 0

        await eventually(accepts)
        return child.running

    try:
        if not await start_on_port(None, start):
            raise child.failure(f"{program} did not start")
        yield ports[-1]
    finally:
        await child.stop()
