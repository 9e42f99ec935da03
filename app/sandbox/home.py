"""The folder in which a stack keeps its data; one stack at a time uses it."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path

from app.sandbox.errors import SandboxError


@contextlib.contextmanager
def locked(home: Path) -> Iterator[None]:
    """Make the folder and keep other stacks out of it. Raises SandboxError if one is in there.

    The kernel drops the lock when we die. The file stays: to remove it would let two in, each with a lock of its
    own on a file of that name.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise SandboxError(_occupied(home, file.read())) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _occupied(home: Path, pid: str) -> str:
    try:
        where = f", {json.loads((home / 'stack.json').read_text())['api']}"
    except FileNotFoundError:  # it is still starting
        where = ""
    return f"`booking up` is running on {home} already (process {pid}{where})"
