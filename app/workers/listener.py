"""Hears the doorbell: a direct connection to PostgreSQL that listens on channel `booking_outbox`."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

import asyncpg

from app.outage_log import Outage

CHANNEL = "booking_outbox"
TIMEOUT = 5  # seconds to connect, and for each statement
KEEPALIVE = 15  # seconds of silence after which the connection is tried: a router may have forgotten it
BURST = 0.05  # seconds in which all further rings count as one
LONGEST_PAUSE = 10  # seconds between two attempts to connect


class Listener:
    """Calls `answer` after every ring, and after every (re)connection, for nobody heard what rang before it."""

    def __init__(self, url: str, answer: Callable[[], Awaitable[None]]) -> None:
        self._url = url
        self._answer = answer
        self._rung = asyncio.Event()
        self._outage = Outage("postgresql, to listen")

    async def run(self) -> NoReturn:
        """Listen until cancelled."""
        failures = 0
        while True:
            started = time.monotonic()
            with self._outage.contained():
                await self._listen()
            failures = 1 if time.monotonic() - started > LONGEST_PAUSE else failures + 1
            await asyncio.sleep(random.uniform(0.5, 1) * min(LONGEST_PAUSE, 0.1 * 2 ** min(failures, 10)))

    async def _listen(self) -> NoReturn:
        connection = await asyncpg.connect(
            self._url,
            timeout=TIMEOUT,
            command_timeout=TIMEOUT,
            server_settings={"application_name": "booking-listener"},
        )
        try:
            connection.add_termination_listener(self._ring)
            await connection.add_listener(CHANNEL, self._ring)
            self._ring()
            while True:
                await self._answer_or_keep_alive(connection)
                self._outage.over()
        finally:
            connection.terminate()

    def _ring(self, *_: object) -> None:
        self._rung.set()

    async def _answer_or_keep_alive(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Wait for a ring and answer it, or else try the connection. Raises if it is lost."""
        try:
            await asyncio.wait_for(self._rung.wait(), KEEPALIVE)
        except TimeoutError:
            await connection.execute("SELECT 1")
            return
        self._rung.clear()
        if connection.is_closed():
            raise ConnectionResetError
        await self._answer()
        await asyncio.sleep(BURST)
