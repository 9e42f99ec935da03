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
from app.sandbox.servers.process import MARK, Stop

STOPS = (Stop(signal.SIGINT, 20), Stop(signal.SIGQUIT, 5), Stop(signal.SIGKILL, 5))
ANY = "*"


def leftovers(home: Path, name: str = ANY) -> list[int]:
    """Return the ids of the living processes that were started for `home`, as the component `name`."""
    return [pid for pid in _processes() if pid != os.getpid() and _belongs(pid, home, name)]


async def stop_leftovers(home: Path, name: str = ANY) -> None:
    """End the processes that `leftovers` finds. Raises SandboxError if one survives even SIGKILL."""
    remaining: list[int] = []
    for number, seconds in STOPS:
        for pid in (remaining := leftovers(home, name)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
                os.kill(pid, signal.SIGCONT)  # one that was suspended could not react
        if await _end_within(seconds, remaining):
            return
    raise SandboxError(f"an earlier run on {home} left processes that do not end: {remaining}")


async def _end_within(seconds: float, pids: list[int]) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(_is_alive, pids)):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


def _is_alive(pid: int) -> bool:
    """Whether the process has not ended; one that is ending holds its ports, but has no environment any more."""
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
