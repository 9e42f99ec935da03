"""Sets a component's user and parent-death signal, then executes the component's program.

Usage: `python -I -S launch.py PARENT IDENTITY SIGNAL PROGRAM [ARGUMENT...]`. This is a script instead of a preexec
function because Python code between fork and exec can deadlock. It ends with exec, so the component keeps the process
id. IDENTITY is `self`, `user:UID:GID` or `namespace:UID:GID`. SIGNAL is the number of the signal that the kernel sends
when the parent dies (prctl(2), PR_SET_PDEATHSIG).
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def enter_namespace(user: int, group: int) -> None:
    """Become `user` inside a new user namespace. Outside it, and for file permissions, the user stays the same.

    Root loses its privilege to bypass file permissions, which then applies only inside the namespace.
    """
    outer_user, outer_group = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")  # required before an unprivileged write to gid_map
    Path("/proc/self/uid_map").write_text(f"{user} {outer_user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {outer_group} 1")


def switch_user(user: int, group: int) -> None:
    """Become `user`. If possible, keep CAP_DAC_OVERRIDE to access folders closed to that user, such as /root."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)  # otherwise access(2) ignores the kept capability
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    only = 1 << CAP_DAC_OVERRIDE
    if libc.capset(header, (ctypes.c_uint32 * 6)(only, only, only, 0, 0, 0)) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)  # survives exec


def die_with_parent(parent: int, signal: int) -> None:
    """Make the kernel send `signal` when `parent` dies. Call it after a change of identity, which would reset it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the supervisor has ended")


def main(parent: str, identity: str, signal: str, *command: str) -> None:
    """Set identity and parent-death signal, then execute `command`."""
    kind, *ids = identity.split(":")
    if kind == "namespace":
        enter_namespace(*map(int, ids))
    elif kind == "user":
        switch_user(*map(int, ids))
    die_with_parent(int(parent), int(signal))
    os.execv(command[0], command)  # noqa: S606  needs no shell


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as error:
        sys.exit(f"cannot start {sys.argv[4]}: {error}")
