"""Listens on channel `booking_outbox` over a dedicated PostgreSQL connection."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

import asyncpg

from app.outage_log import OutageLog

CHANNEL = "booking_outbox"
TIMEOUT = 5  # seconds to connect, and for each statement
KEEPALIVE = 15  # seconds without a notification after which the connection is tested: a router may have dropped it
DEBOUNCE_SECONDS = 0.05  # further notifications within this time are handled together
MAX_PAUSE = 10  # seconds between two attempts to connect


class Listener:
    """Calls `answer` after each notification, and after each (re)connection, since notifications may have been lost."""

    def __init__(self, url: str, answer: Callable[[], Awaitable[None]]) -> None:
        self._url = url
        self._answer = answer
        self._notified = asyncio.Event()
        self._outage = OutageLog("postgresql listener")

    async def run(self) -> NoReturn:
        """Listen until cancelled."""
        failures = 0
        while True:
            started = time.monotonic()
            with self._outage.suppress_errors():
                await self._listen()
            failures = 1 if time.monotonic() - started > MAX_PAUSE else failures + 1
            await asyncio.sleep(random.uniform(0.5, 1) * min(MAX_PAUSE, 0.1 * 2 ** min(failures, 10)))

    async def _listen(self) -> NoReturn:
        connection = await asyncpg.connect(
            self._url,
            timeout=TIMEOUT,
            command_timeout=TIMEOUT,
            server_settings={"application_name": "booking-listener"},
        )
        try:
            connection.add_termination_listener(self._on_notification)
            await connection.add_listener(CHANNEL, self._on_notification)
            self._on_notification()
            while True:
                await self._wait_for_notification(connection)
                self._outage.report_recovery()
        finally:
            connection.terminate()

    def _on_notification(self, *_: object) -> None:
        self._notified.set()

    async def _wait_for_notification(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Wait for a notification and answer it, or test the connection. Raises if the connection is lost."""
        try:
            await asyncio.wait_for(self._notified.wait(), KEEPALIVE)
        except TimeoutError:
            await connection.execute("SELECT 1")
            return
        self._notified.clear()
        if connection.is_closed():
            raise ConnectionResetError
        await self._answer()
        await asyncio.sleep(DEBOUNCE_SECONDS)
