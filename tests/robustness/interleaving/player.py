"""Plays the statements of several transactions in every possible order.

Each session is a transaction on a connection of its own. A turn sends the session's next statement. It ends when the
statement has been answered or when PostgreSQL says that it waits for another session. The next turn goes to a session
that does not wait. `explore` takes every sequence of turns once, each in a new setup.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import asyncpg

from app.db.driver import is_retryable

DONE = "done"
WAITS = "waits"
BLOCKED = "SELECT pg_blocking_pids($1) && $2::integer[]"
LOCK_WAIT_SECONDS = 20.0  # after that a statement that neither answers nor waits for another session is stuck


class Statement(NamedTuple):
    label: str
    sql: str
    arguments: tuple[Any, ...] = ()


class Session:
    """A transaction: its statements one by one, then COMMIT."""

    def __init__(
        self, name: str, connection: asyncpg.Connection, isolation: str, statements: Sequence[Statement]
    ) -> None:
        self.name = name
        self.connection = connection
        self.pid = connection.get_server_pid()
        self.outcome = ""  # at its end: done, the rule that refused it, or the SQLSTATE of its error
        self.running: asyncio.Task[str] | None = None
        # BEGIN takes neither a snapshot nor a lock, so it needs no turn of its own
        self._opening = f"BEGIN ISOLATION LEVEL {isolation};"
        self._left = [*statements, Statement("commit", "COMMIT")]

    @property
    def is_free(self) -> bool:
        """Whether it has a statement left and does not wait."""
        return not self.outcome and self.running is None

    def send_next(self) -> Statement:
        statement = self._left.pop(0)
        self.running = asyncio.create_task(self._run(statement))
        return statement

    def take_result(self) -> str:
        assert self.running
        result = self.running.result()
        self.running = None
        if result != DONE or not self._left:
            self.outcome = result
        return result

    async def abort(self) -> None:
        """End the transaction if it is still open, so that the connection can be used again."""
        if self.running:
            self.running.cancel()
            await asyncio.wait({self.running})
        if not self.outcome:
            await self.connection.execute("ROLLBACK")

    async def _run(self, statement: Statement) -> str:
        try:
            await self._send(statement)
        except asyncpg.PostgresError as error:
            await self.connection.execute("ROLLBACK")
            return error_name(error)
        return DONE

    async def _send(self, statement: Statement) -> None:
        opening, self._opening = self._opening, ""
        if not statement.arguments:
            await self.connection.execute(opening + statement.sql)
            return
        if opening:
            await self.connection.execute(opening)
        await self.connection.fetch(statement.sql, *statement.arguments)


def error_name(error: asyncpg.PostgresError) -> str:
    """Return the rule that an error names, or its SQLSTATE if a retry may succeed."""
    if is_retryable(error):
        return f"{error.sqlstate}"
    return error.constraint_name or f"{error.sqlstate}: {error}"


class Interleaving:
    """One order of turns, until every session has ended."""

    def __init__(self, sessions: Sequence[Session], watcher: asyncpg.Connection) -> None:
        self.sessions = sessions
        self.turns: list[int] = []
        self.choices: list[list[int]] = []  # the sessions that could have had each turn
        self.lines: list[tuple[int, str, str]] = []  # session, statement, result
        self._watcher = watcher
        self._waiting: dict[int, str] = {}  # the statement that waits, by session

    @property
    def outcomes(self) -> tuple[str, ...]:
        return tuple(session.outcome for session in self.sessions)

    @property
    def overlaps(self) -> bool:
        """Whether a session began before another had ended."""
        return sum(this != last for last, this in zip(self.turns, self.turns[1:], strict=False)) >= len(self.sessions)

    async def follow(self, turns: Sequence[int]) -> None:
        """Take these turns, then run the sessions one after the other to their ends."""
        try:
            while free := self._free():
                turn = turns[len(self.turns)] if len(self.turns) < len(turns) else free[0]
                self.choices.append(free)
                self.turns.append(turn)
                await self._take(turn)
        finally:
            for session in self.sessions:
                await session.abort()

    def _free(self) -> list[int]:
        return [number for number, session in enumerate(self.sessions) if session.is_free]

    async def _take(self, turn: int) -> None:
        label = self.sessions[turn].send_next().label
        if await self._answered(turn):
            self._write(turn, label)
        else:
            self._waiting[turn] = label
            self.lines.append((turn, label, WAITS))
        await self._let_go_on()

    async def _let_go_on(self) -> None:
        while self._waiting:
            if not self._free():  # a deadlock: PostgreSQL is about to end one session
                running = [session.running for session in self.sessions if session.running]
                await asyncio.wait(running, timeout=LOCK_WAIT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            answered = [turn for turn in self._waiting if await self._answered(turn)]
            if not answered:
                return
            for turn in answered:
                self._write(turn, self._waiting.pop(turn))

    def _write(self, turn: int, label: str) -> None:
        self.lines.append((turn, label, self.sessions[turn].take_result()))

    async def _answered(self, turn: int) -> bool:
        """Wait until the session's statement has been answered, or waits for another session."""
        session = self.sessions[turn]
        others = [other.pid for other in self.sessions if other is not session]
        assert session.running
        async with asyncio.timeout(LOCK_WAIT_SECONDS):
            # most statements are answered in that time, which saves the query; the result does not depend on it
            while not (await asyncio.wait({session.running}, timeout=0.003))[0]:
                if await self._watcher.fetchval(BLOCKED, session.pid, others):
                    return False
        return True

    def __str__(self) -> str:
        names = [f"{chr(65 + number)}: {session.name}" for number, session in enumerate(self.sessions)]
        rows = [["step", *names]]
        for number, (session, label, result) in enumerate(self.lines, 1):
            cells = [""] * len(names)
            cells[session] = f"{label}: {result}"
            rows.append([str(number), *cells])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(" | ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


async def explore(stage: Callable[[], Awaitable[Interleaving]]) -> AsyncIterator[Interleaving]:
    """Play every possible order of turns once, each in a new setup."""
    unexplored: list[list[int]] = [[]]
    while unexplored:
        turns = unexplored.pop()
        play = await stage()
        await play.follow(turns)
        for at in range(len(turns), len(play.turns)):
            others = [turn for turn in play.choices[at] if turn != play.turns[at]]
            unexplored += [[*play.turns[:at], other] for other in others]
        yield play
