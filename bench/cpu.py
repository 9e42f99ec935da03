"""How much of the processor processes have used, by /proc (Linux), with all that they have started."""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

TICKS = os.sysconf("SC_CLK_TCK")  # per second


class _Process(NamedTuple):
    parent: int
    own: int  # ticks, user and system
    ended: int  # those of its children that have ended


def seconds(*roots: int) -> float:
    """Return the seconds of processor time, user and system, of processes and all that they have ever started."""
    processes = dict(_processes())
    children = defaultdict(list)
    for pid, process in processes.items():
        children[process.parent].append(pid)
    ticks, todo = 0, list(roots)
    while todo:
        pid = todo.pop()
        if pid in processes:
            ticks += processes[pid].own + processes[pid].ended
            todo += children[pid]
    return ticks / TICKS


def _processes() -> Iterable[tuple[int, _Process]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # a name may hold spaces and brackets; what follows the last bracket is field 3 of proc(5) and on
            fields = folder.joinpath("stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        yield int(folder.name), _Process(int(fields[1]), sum(map(int, fields[11:13])), sum(map(int, fields[13:15])))
