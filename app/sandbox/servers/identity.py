"""Who the PostgreSQL server runs as: it refuses to be root, and a user without a name (initdb wants to tell it)."""

import asyncio
import os
import pwd
import signal
import sys
from pathlib import Path

from app.sandbox.errors import SandboxError
from app.sandbox.servers.process import launcher

REACH_PROBE = "import os, sys; sys.exit(not all(os.access(path, os.X_OK) for path in sys.argv[1:]))"


async def server_identity(data: Path, program: Path) -> str:
    """Return the identity, one of launch.py's, under which `program` can serve the folder `data`.

    That is ourselves, if it may be. Root becomes the other user who owns `data`, if one does. Otherwise we are called
    nobody, in a namespace, and all files stay ours; but where that is refused, or where it is only root's privilege
    that reaches the files, as in somebody's closed home folder, root really becomes nobody and gives it `data`.
    """
    user = os.geteuid()
    if user != 0 and _has_name(user):
        return "self"
    if user == 0 and (owner := _owner(data)):
        return f"user:{owner}"
    nobody = _nobody()
    if await _can_reach(f"namespace:{nobody}", program, data.parent):
        return f"namespace:{nobody}"
    return f"user:{nobody}" if user == 0 else "self"


def change_owner(path: Path, identity: str) -> None:
    """Give `path` and what is in it to `identity`, if that is another user. Raises SandboxError if we may not."""
    kind, *ids = identity.split(":")
    if kind != "user" or path.stat().st_uid == int(ids[0]):
        return
    user, group = map(int, ids)
    try:
        for inner in path.rglob("*"):
            os.chown(inner, user, group, follow_symlinks=False)
        os.chown(path, user, group)  # the last, so that an interrupted walk is done again
    except PermissionError as error:
        raise SandboxError("PostgreSQL refuses to run as root, and this root cannot become another user") from error


def _owner(data: Path) -> str | None:
    """Return the ids of the user whose `data` is, or would be; None if that is root, or a new one without a name."""
    owner = (data if data.exists() else data.parent).stat()
    if owner.st_uid == 0 or not (data.exists() or _has_name(owner.st_uid)):
        return None
    return f"{owner.st_uid}:{owner.st_gid}"


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _nobody() -> str:
    try:
        user = pwd.getpwnam("nobody")
    except KeyError:  # an image without users
        return "65534:65534"
    return f"{user.pw_uid}:{user.pw_gid}"


async def _can_reach(identity: str, *paths: Path) -> bool:
    """Whether the kernel lets us be `identity`, and `paths` are within our reach then."""
    probe = await asyncio.create_subprocess_exec(
        *launcher(identity, signal.SIGTERM),
        *(sys.executable, "-I", "-S", "-c", REACH_PROBE),
        *paths,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await probe.wait() == 0
