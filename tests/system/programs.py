"""Finds the programs that these tests need, and runs those that are servers."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from app.sandbox.servers.identity import server_identity
from app.sandbox.servers.ports import start_on_port
from app.sandbox.servers.process import Child, Program
from tests.support.cli.booking_command import CommandResult

PACKAGES = {"chromium": "chromium", "nginx": "nginx-light", "node": "nodejs", "pgbouncer": "pgbouncer"}
PATH = f"{os.environ['PATH']}:/usr/sbin"  # where Debian installs servers


def program(name: str) -> str:
    """Return the path of a program. Fails the test if it is not installed."""
    return shutil.which(name, path=PATH) or _fail(name, PACKAGES[name])


def installed_file(folder: str, pattern: str, package: str) -> Path:
    """Return the last file that matches `pattern`. Fails the test if there is none."""
    found = max(Path(folder).glob(pattern), default=None)
    return found or _fail(f"{folder}/{pattern}", package)


async def run_program(name: str, *arguments: str | Path, home: Path) -> CommandResult:
    """Run a program for at most a minute, in the folder `home`; return what it prints."""
    process = await asyncio.create_subprocess_exec(
        program(name),
        *arguments,
        cwd=home,
        env={"PATH": PATH, "HOME": str(home)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # so that a timeout ends all its processes
    )
    try:
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    return CommandResult(process.returncode, out.decode(), err.decode())


def _fail(what: str, package: str) -> NoReturn:
    pytest.fail(f"{what} was not found: run apt-get install {package}", pytrace=False)


@asynccontextmanager
async def running_server(
    name: str, home: Path, configuration: Callable[[int], str], *options: str
) -> AsyncIterator[int]:
    """Run a server with its configuration for a free port of 127.0.0.1; yield the port when it accepts connections.

    The configuration's file is the argument after `options`. Root runs the server as nobody: PgBouncer refuses root.
    """
    file = home / f"{name}.conf"
    path = Path(program(name))
    identity = await server_identity(home / name, path)
    child = Child(name, home)
    port = 0

    async def start(free_port: int) -> bool:
        nonlocal port
        port = free_port
        file.write_text(configuration(port))
        await child.start(Program((path, *options, file), {"PATH": PATH}, home, identity))
        while child.running:
            if await _accepts(port):
                return True
            await asyncio.sleep(0.02)
        return False

    try:
        if not await start_on_port(None, start):
            raise child.failure(f"{name} did not start")
        yield port
    finally:
        await child.stop()


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
