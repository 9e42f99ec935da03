"""Runs alternatives in turns, and measures the cost of each round."""

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
    """The result of a client: successful requests, seconds, and latencies in milliseconds (NaN if not measured)."""

    requests: int
    seconds: float
    p50: float = float("nan")
    p99: float = float("nan")


class Round(NamedTuple):
    """The result of a round: requests per second, CPU milliseconds per request, and latencies in milliseconds."""

    rate: float
    api: float
    postgres: float
    valkey: float
    client: float
    p50: float
    p99: float


Act = Callable[[], Awaitable[Done]]


async def measured(stack: Stack, act: Act, *servers: int) -> Round:
    """Measure a client. `servers` are the ids of the processes that it calls, besides PostgreSQL and Valkey."""
    before = _clocks(stack, servers)
    done = await act()
    spent = [after - earlier for after, earlier in zip(_clocks(stack, servers), before, strict=True)]
    api, postgres, valkey, client = (clock * 1000 / done.requests for clock in spent)
    return Round(done.requests / done.seconds, api, postgres, valkey, client, done.p50, done.p99)


def _clocks(stack: Stack, servers: tuple[int, ...]) -> tuple[float, ...]:
    """Return the CPU seconds of the servers, PostgreSQL, Valkey and the ended clients so far."""
    clients = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (
        *(proc.seconds(*pids) for pids in (servers, (stack.postgres.pid,), (stack.redis.pid,))),
        clients.ru_utime + clients.ru_stime,
    )


async def by_turns(rivals: Mapping[str, Callable[[], Awaitable[Round]]], *, full: bool) -> dict[str, Round]:
    """Run each alternative once as a warm-up, then in several rounds in random order. Return the medians."""
    taken: dict[str, list[Round]] = {name: [] for name in rivals}
    for number in range(1 + (MANY_ROUNDS if full else ROUNDS)):
        for name in random.sample(list(rivals), len(rivals)):
            result = await rivals[name]()
            if number:
                taken[name].append(result)
    return {name: Round(*map(median, zip(*results, strict=True))) for name, results in taken.items()}
