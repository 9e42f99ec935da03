"""The folder in which a stack keeps its data; one stack at a time uses it."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from app.sandbox.errors import SandboxError


class Home(NamedTuple):
    """A folder that is ours as long as `lock` is open."""

    path: Path
    lock: TextIO

    def is_ours(self) -> bool:
        """Whether the folder is there still; if it was removed, another stack may be in its place by now."""
        try:
            return os.path.samestat(os.fstat(self.lock.fileno()), (self.path / "lock").stat())
        except FileNotFoundError:
            return False


@contextlib.contextmanager
def locked_home(path: Path) -> Iterator[Home]:
    """Make the folder and keep other stacks out of it. Raises SandboxError if one is in there.

    The kernel drops the lock when we die. The file stays: were it removed, two stacks could each lock one of that name.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (path / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SandboxError(f"`booking up` is running on {path} already ({_lock_holder(path)})") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield Home(path, lock)


def _lock_holder(path: Path) -> str:
    pid = (path / "lock").read_text()
    try:
        api = json.loads((path / "stack.json").read_text())["api"]
    except FileNotFoundError:  # it is still starting
        return f"process {pid}"
    return f"process {pid}, {api}"
