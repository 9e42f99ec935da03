"""`python without_namespaces.py COMMAND...` runs a command as root where the kernel refuses to create user namespaces.

It creates a user namespace with all capabilities and all users, in which further ones are forbidden. If the kernel
refuses that one, too, the command simply runs.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
EVERY_USER = "0 0 65536"
REFUSED = b"refused"


def run_inside(command: list[str], entered: int, mapped: int) -> None:
    """Enter a namespace, close `entered`, wait until `mapped` is closed, and execute `command`."""
    if ctypes.CDLL(None).unshare(CLONE_NEWUSER):
        os.write(entered, REFUSED)
        os._exit(1)
    os.close(entered)
    os.read(mapped, 1)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    os.execv(command[0], command)  # noqa: S606  a shell is not needed


def main(command: list[str]) -> int:
    is_entered, entered = os.pipe()
    is_mapped, mapped = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(mapped)
        run_inside(command, entered, is_mapped)
    os.close(entered)
    if os.read(is_entered, len(REFUSED)) == REFUSED:
        os.execv(command[0], command)  # noqa: S606  the test's own command
    for map_ in ("uid_map", "gid_map"):
        Path(f"/proc/{child}/{map_}").write_text(EVERY_USER)
    os.close(mapped)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
