"""Temporary folders in memory, where there is enough of it.

A clone of a database consists of hundreds of files. After many deletions, ext4 needs long to find the inode of a new
file: that took a third of the processor time of the tests that clone most.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

MEMORY = Path("/dev/shm")  # noqa: S108  each folder in it is private and has a random name
ROOM = 4 * 1024**3  # free bytes that all processes of a run may need
PREFIX = "booking-tests-"


@contextmanager
def quick_folder(otherwise: Path) -> Iterator[Path]:
    """Yield a new folder in memory, removed afterwards; yield `otherwise` if there is too little memory."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        yield otherwise
        return
    _remove_left_ones()
    with TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", dir=MEMORY, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _remove_left_ones() -> None:
    """Remove the folders of processes that no longer exist."""
    for folder in MEMORY.glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)
