"""CPU time and memory of processes and their descendants, from /proc (Linux)."""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

TICKS = os.sysconf("SC_CLK_TCK")  # per second


class _Process(NamedTuple):
    parent: int
    own: int  # ticks, user and system
    ended: int  # ticks of its ended children


def seconds(*roots: int) -> float:
    """Return the CPU seconds (user and system) of processes and their descendants, including ended ones."""
    return sum(process.own + process.ended for process in _family(*roots).values()) / TICKS


def resident(pid: int) -> float:
    """Return a process's resident set size in MB (proc(5): VmRSS)."""
    return _megabytes(pid, "status", "VmRSS")


def together(root: int) -> float:
    """Return the memory of a process and its descendants in MB, counting shared memory once (proc(5): Pss)."""
    return sum(_megabytes(pid, "smaps_rollup", "Pss") for pid in _family(root))


def _megabytes(pid: int, file: str, name: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:  # the process has ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1000


def _family(*roots: int) -> "dict[int, _Process]":
    """Return the processes and their running descendants by id."""
    processes = dict(_processes())
    children = defaultdict(list)
    for pid, process in processes.items():
        children[process.parent].append(pid)
    found, todo = {}, list(roots)
    while todo:
        pid = todo.pop()
        if pid in processes:
            found[pid] = processes[pid]
            todo += children[pid]
    return found


def _processes() -> Iterable[tuple[int, _Process]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # a name may contain spaces and brackets; field 3 of proc(5) follows the last bracket
            fields = folder.joinpath("stat").read_text().rpartition(")")[2].split()
        except OSError:  # the process has ended
            continue
        yield int(folder.name), _Process(int(fields[1]), sum(map(int, fields[11:13])), sum(map(int, fields[13:15])))
