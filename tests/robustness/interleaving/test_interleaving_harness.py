"""Tests of the harness: it plays every possible order, and reports what happened."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from tests.robustness.interleaving.player import Interleaving, Session, Statement, explore
from tests.support.servers.databases import Database

Players = list[asyncpg.Connection]


@pytest_asyncio.fixture
async def players(database: Database) -> AsyncIterator[Players]:
    players = [await asyncpg.connect(database.superuser) for _ in range(3)]
    await players[0].execute("CREATE TABLE thing AS SELECT n FROM generate_series(1, 2) AS n")
    yield players
    await players[0].execute("DROP TABLE thing")
    for player in players:
        await player.close()


def play(players: Players, *scripts: list[str]) -> Interleaving:
    statements = [[Statement(sql.split(" ", 1)[0].lower(), sql) for sql in script] for script in scripts]
    sessions = [
        Session(name, player, "READ COMMITTED", sent)
        for name, player, sent in zip(("one", "two"), players, statements, strict=False)
    ]
    return Interleaving(sessions, players[2])


FIRST, SECOND = "UPDATE thing SET n = n WHERE n = 1", "UPDATE thing SET n = n WHERE n = 2"


async def test_every_order_is_played_once(players: Players) -> None:
    async def setup() -> Interleaving:
        return play(players, ["SELECT 1"], ["SELECT 2"])

    plays = [one async for one in explore(setup)]
    assert len({tuple(one.turns) for one in plays}) == len(plays) == 6
    assert [one.turns for one in plays if not one.overlaps] == [[0, 0, 1, 1], [1, 1, 0, 0]]


async def test_a_waiting_session_gets_no_turn(players: Players) -> None:
    async def setup() -> Interleaving:
        return play(players, [FIRST], [FIRST])

    plays = [one async for one in explore(setup)]
    assert sorted(one.turns for one in plays) == [[0, 0, 1, 1], [0, 1, 0, 1], [1, 0, 1, 0], [1, 1, 0, 0]]
    assert {one.outcomes for one in plays} == {("done", "done")}


async def test_an_interleaving_prints_as_a_table(players: Players) -> None:
    one = play(players, [FIRST, "SELECT 1"], [FIRST])
    await one.follow([0, 1, 0, 0, 1])
    assert str(one).splitlines() == [
        "step | A: one       | B: two",
        "1    | update: done |",
        "2    |              | update: waits",
        "3    | select: done |",
        "4    | commit: done |",
        "5    |              | update: done",
        "6    |              | commit: done",
    ]


async def test_a_deadlock_has_one_victim(players: Players) -> None:
    for player in players[:2]:
        await player.execute("SET deadlock_timeout = '20ms'")
    one = play(players, [FIRST, SECOND], [SECOND, FIRST])
    await one.follow([0, 1, 0, 1])
    assert sorted(one.outcomes) == ["40P01", "done"]


async def test_a_failure_ends_a_session(players: Players) -> None:
    one = play(players, ["SELECT 1 / 0", FIRST], [FIRST])
    await one.follow([])
    assert one.outcomes == ("22012: division by zero", "done")
