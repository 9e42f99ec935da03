"""The user that PostgreSQL runs as. It refuses root, and initdb refuses a user without a name."""

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
    """Return the identity (see launch.py) under which `program` can serve the folder `data`.

    In order of preference:

    - The current user, unless it is root or has no name.
    - For root, the user who owns `data`, if that is not root.
    - The user nobody in a user namespace, where all files keep their owner. That is impossible if the kernel refuses
      namespaces, or if only root's privilege gives access to the files, as in a closed home folder.
    - For root, the real user nobody, who then becomes the owner of `data`; for others, the current user.
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
    """Make `identity` the owner of `path` and its contents, if it is another user. Raises SandboxError on failure."""
    kind, *ids = identity.split(":")
    if kind != "user" or path.stat().st_uid == int(ids[0]):
        return
    user, group = map(int, ids)
    try:
        for inner in path.rglob("*"):
            os.chown(inner, user, group, follow_symlinks=False)
        os.chown(path, user, group)  # last, so that an interrupted walk is repeated
    except PermissionError as error:
        raise SandboxError(
            "PostgreSQL refuses to run as root, and this root cannot change the owner of its files: "
            "run this as another user"
        ) from error


def _owner(data: Path) -> str | None:
    """Return the ids of the owner of `data`, or of its parent if `data` is missing.

    None for root, and for a user without a name if `data` is missing.
    """
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
    """Whether this process can become `identity` and then access `paths`."""
    probe = await asyncio.create_subprocess_exec(
        *launcher(identity, signal.SIGTERM),
        *(sys.executable, "-I", "-S", "-c", REACH_PROBE),
        *paths,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await probe.wait() == 0
