"""Rivals that do the same work by turns, and what each round cost."""

import random
import resource
from collections.abc import Awaitable, Callable, Mapping
from statistics import median
from typing import NamedTuple

from bench import proc
from bench.stack import Stack

CLIENTS = 16
ROUNDS, MANY_ROUNDS = 5, 9


class Done(NamedTuple):
    """What a client did: so many requests, all went well, in so long; latencies in milliseconds, if it knows them."""

    requests: int
    seconds: float
    p50: float = float("nan")
    p99: float = float("nan")


class Round(NamedTuple):
    """A round's rate, and the CPU time a request, user and system, in milliseconds; latencies, too."""

    rate: float
    api: float
    postgres: float
    valkey: float
    client: float
    p50: float
    p99: float


Act = Callable[[], Awaitable[Done]]


async def measured(stack: Stack, act: Act, *servers: int) -> Round:
    """Let a client act; `servers` are the processes (ids) that it calls, beside PostgreSQL and Valkey."""
    before = _clocks(stack, servers)
    done = await act()
    spent = [after - earlier for after, earlier in zip(_clocks(stack, servers), before, strict=True)]
    api, postgres, valkey, client = (clock * 1000 / done.requests for clock in spent)
    return Round(done.requests / done.seconds, api, postgres, valkey, client, done.p50, done.p99)


def _clocks(stack: Stack, servers: tuple[int, ...]) -> tuple[float, ...]:
    """Return the CPU seconds so far of servers, PostgreSQL, Valkey, and clients that have ended."""
    clients = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (
        *(proc.seconds(*pids) for pids in (servers, (stack.postgres.pid,), (stack.redis.pid,))),
        clients.ru_utime + clients.ru_stime,
    )


async def by_turns(rivals: Mapping[str, Callable[[], Awaitable[Round]]], *, full: bool) -> dict[str, Round]:
    """Let each rival warm up once, then act in several rounds, in random order; return the medians of each."""
    taken: dict[str, list[Round]] = {name: [] for name in rivals}
    for number in range(1 + (MANY_ROUNDS if full else ROUNDS)):
        for name in random.sample(list(rivals), len(rivals)):
            result = await rivals[name]()
            if number:
                taken[name].append(result)
    return {name: Round(*map(median, zip(*results, strict=True))) for name, results in taken.items()}
