"""Finds and ends the processes that a killed supervisor has left running.

The kernel ends the components with their supervisor (launch.py), but that takes a moment, and a stuck process may
survive. A process is identified by its environment, or by its command line as the PostgreSQL server of a folder if
its environment is not readable. A stored process id would not be reliable, because ids are reused.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from app.sandbox.errors import SandboxError
from app.sandbox.servers.process import MARK, Stop

STOPS = (Stop(signal.SIGINT, 20), Stop(signal.SIGQUIT, 5), Stop(signal.SIGKILL, 5))
ANY = "*"


def leftovers(home: Path, name: str = ANY) -> list[int]:
    """Return the ids of the running processes that were started for `home` as the component `name`."""
    return [pid for pid in _processes() if pid != os.getpid() and _belongs(pid, home, name)]


async def stop_leftovers(home: Path, name: str = ANY) -> None:
    """End the processes that `leftovers` finds. Raises SandboxError if one survives even SIGKILL."""
    remaining: list[int] = []
    for number, seconds in STOPS:
        for pid in (remaining := leftovers(home, name)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
                os.kill(pid, signal.SIGCONT)  # a suspended process cannot handle the signal
        if await _end_within(seconds, remaining):
            return
    raise SandboxError(f"processes of an earlier run on {home} cannot be ended: {remaining}. End them, then try again")


async def _end_within(seconds: float, pids: list[int]) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(_is_alive, pids)):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


def _is_alive(pid: int) -> bool:
    """Whether the process has not ended. An exiting process still holds its ports but has no environment."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def _processes() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))


def _belongs(pid: int, home: Path, name: str) -> bool:
    try:
        return _is_marked(_strings(pid, "environ"), home, name)
    except PermissionError:  # as root without CAP_SYS_PTRACE, for a process of nobody
        return name in {ANY, "postgres"} and _serves(_strings(pid, "cmdline"), home)
    except OSError:  # the process has just ended
        return False


def _is_marked(environment: list[bytes], home: Path, name: str) -> bool:
    prefix = f"{MARK}=".encode()
    marks = (string.removeprefix(prefix) for string in environment if string.startswith(prefix))
    owners = (mark.partition(b":") for mark in marks)
    return any(owner == os.fsencode(home) and name in {ANY, who.decode()} for who, _, owner in owners)


def _serves(command: list[bytes], home: Path) -> bool:
    return command[0].endswith(b"/postgres") and os.fsencode(home / "postgres") in command


def _strings(pid: int, file: str) -> list[bytes]:
    """Return the NUL-separated strings of a file in /proc/PID."""
    return Path(f"/proc/{pid}/{file}").read_bytes().split(b"\0")
