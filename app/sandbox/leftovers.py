"""Finds and ends what a supervisor that was killed has left running.

The kernel ends the components together with their supervisor (launch.py), but they take a moment, and a
stuck one may stay. A process is recognised by its environment or, where that may not be read, as the
PostgreSQL server of a folder. A process id from a file would prove nothing: ids are used again.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from app.sandbox.errors import SandboxError
from app.sandbox.process import MARK, Stop

STOPS = (Stop(signal.SIGINT, 20), Stop(signal.SIGQUIT, 5), Stop(signal.SIGKILL, 5))
ANY = "*"


def leftovers(home: Path, name: str = ANY) -> list[int]:
    """Return the ids of the living processes that were started for `home`, as the component `name`."""
    return [pid for pid in _processes() if pid != os.getpid() and _belongs(pid, home, name)]


async def stop_leftovers(home: Path, name: str = ANY) -> None:
    """End the processes that `leftovers` finds. Raises SandboxError if one survives even SIGKILL."""
    for number, seconds in STOPS:
        for pid in leftovers(home, name):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        if await _end_within(seconds, home, name):
            return
    raise SandboxError(f"an earlier run on {home} left processes that do not end: {leftovers(home, name)}")


async def _end_within(seconds: float, home: Path, name: str) -> bool:
    deadline = time.monotonic() + seconds
    while leftovers(home, name):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


def _processes() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))


def _belongs(pid: int, home: Path, name: str) -> bool:
    try:
        return _is_marked(_strings(pid, "environ"), home, name)
    except PermissionError:  # we are root without CAP_SYS_PTRACE, and it runs as nobody
        return name in {ANY, "postgres"} and _serves(_strings(pid, "cmdline"), home)
    except OSError:  # it has just ended
        return False


def _is_marked(environment: list[bytes], home: Path, name: str) -> bool:
    prefix = f"{MARK}=".encode()
    marks = (string.removeprefix(prefix) for string in environment if string.startswith(prefix))
    owners = (mark.partition(b":") for mark in marks)
    return any(owner == os.fsencode(home) and name in {ANY, who.decode()} for who, _, owner in owners)


def _serves(command: list[bytes], home: Path) -> bool:
    return command[0].endswith(b"/postgres") and os.fsencode(home / "postgres") in command


def _strings(pid: int, file: str) -> list[bytes]:
    """Return the strings of a file of /proc/PID, which NUL bytes separate."""
    return Path(f"/proc/{pid}/{file}").read_bytes().split(b"\0")
