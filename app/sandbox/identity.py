"""Who the PostgreSQL server runs as: it refuses to be root, so root must start it as somebody else."""

import asyncio
import os
import pwd
import signal
import sys
from pathlib import Path

from app.sandbox.process import launcher

REACHES = "import os, sys; sys.exit(not all(os.access(path, os.X_OK) for path in sys.argv[1:]))"


async def server_identity(data: Path, program: Path) -> str:
    """Return the identity, one of launch.py's, under which `program` can serve the folder `data`.

    That is ourselves, unless we are root. Root becomes the owner of `data` (of its parent before it exists).
    If that is root, it becomes user 1000 of a namespace, whose files stay root's; or nobody, where namespaces
    are refused or only root's privilege reaches the files, as in somebody else's closed home folder.
    """
    if os.geteuid() != 0:
        return "self"
    owner = _owner(data)
    if owner.st_uid != 0:
        return f"{owner.st_uid}:{owner.st_gid}"
    if await _reached_in_namespace(program, data.parent):
        return "namespace"
    return _nobody()


def hand_over(path: Path, identity: str) -> None:
    """Give `path` and what is in it to `identity`, if that is another user."""
    if ":" not in identity:
        return
    user, group = map(int, identity.split(":"))
    if path.stat().st_uid == user:
        return
    for inner in path.rglob("*"):
        os.chown(inner, user, group, follow_symlinks=False)
    os.chown(path, user, group)  # the last, so that an interrupted walk is done again


def _owner(data: Path) -> os.stat_result:
    return (data if data.exists() else data.parent).stat()


def _nobody() -> str:
    try:
        user = pwd.getpwnam("nobody")
    except KeyError:  # an image without users
        return "65534:65534"
    return f"{user.pw_uid}:{user.pw_gid}"


async def _reached_in_namespace(*paths: Path) -> bool:
    """Whether the kernel lets us into a namespace, and `paths` are within reach there."""
    probe = await asyncio.create_subprocess_exec(
        *launcher("namespace", signal.SIGTERM),
        *(sys.executable, "-I", "-S", "-c", REACHES),
        *paths,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await probe.wait() == 0
