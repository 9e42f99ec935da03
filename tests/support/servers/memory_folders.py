"""Folders for what a run of the tests throws away: in memory, where there is room for it.

Each clone of a database is hundreds of files, and ext4 looks long for the inode of a new file where many were deleted
in the last seconds: that was a third of the processor time of the tests that clone most.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

MEMORY = Path("/dev/shm")  # noqa: S108  each folder in it has a random name and is its user's alone
ROOM = 4 * 1024**3  # bytes, for all processes of a run
PREFIX = "booking-tests-"


@contextmanager
def quick_folder(otherwise: Path) -> Iterator[Path]:
    """Yield a new folder in memory, removed afterwards; `otherwise` where there is too little memory."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        yield otherwise
        return
    _remove_left_ones()
    with TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", dir=MEMORY, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _remove_left_ones() -> None:
    """Remove the folders of runs that were killed."""
    for folder in MEMORY.glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)
