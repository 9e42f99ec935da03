"""The folder in which a stack keeps its data. Only one stack at a time can use it."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from app.sandbox.errors import SandboxError


class Home(NamedTuple):
    """A folder that belongs to this process while `lock` is open."""

    path: Path
    lock: TextIO

    def is_ours(self) -> bool:
        """Whether the folder still exists. If it was removed, another stack may have created it again."""
        try:
            return os.path.samestat(os.fstat(self.lock.fileno()), (self.path / "lock").stat())
        except FileNotFoundError:
            return False


@contextlib.contextmanager
def locked_home(path: Path) -> Iterator[Home]:
    """Create and lock the folder. Raises SandboxError if another stack has locked it.

    The kernel releases the lock when this process ends. The lock file is never removed, because two stacks could then
    lock two different files of that name.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (path / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SandboxError(
                f"`booking up` is running on {path} already ({_lock_holder(path)}): stop it, or choose another --home"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield Home(path, lock)


def _lock_holder(path: Path) -> str:
    pid = (path / "lock").read_text()
    try:
        api = json.loads((path / "stack.json").read_text())["api"]
    except FileNotFoundError:  # the other stack is still starting
        return f"process {pid}"
    return f"process {pid}, {api}"
