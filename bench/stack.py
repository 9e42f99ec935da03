"""The measured stack: PostgreSQL with durable settings, and real API and worker processes."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.db.migrate import upgrade
from app.sandbox.mailbox.server import Mailbox
from app.sandbox.servers.database import create_database, disable_doctor_verification, dsn_of, set_passwords
from app.sandbox.servers.ports import free_port, is_taken
from app.sandbox.servers.postgres import EmbeddedPostgres
from app.sandbox.servers.process import Child, Program
from app.sandbox.servers.redis import EmbeddedRedis
from app.sandbox.stack.service import ROOT, Api, Worker

SECRET = "a secret for benchmarks, at least 32 characters long"  # noqa: S105  only for benchmarks
# PostgreSQL's defaults are durable; `_must_be_durable` checks them.
POSTGRES = {"max_connections": "200", "shared_buffers": "512MB"}
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
UNLIMITED = dict.fromkeys(("RATE_LIMIT", "RATE_LIMIT_LOGIN", "RATE_LIMIT_LOGIN_ADDRESS"), "10000000/minute")
SECONDS_TO_WORK = 60


class MailCatcher(Mailbox):
    """Accepts every mail and records the time of each recipient's first mail, just before the reply to DATA."""

    def __init__(self) -> None:
        super().__init__()
        self.arrivals: dict[str, float] = {}  # time.monotonic() of the first mail
        self.mails = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        """Record the time of arrival."""
        del server, session
        now = time.monotonic()
        self.mails += 1
        for address in envelope.rcpt_tos:
            self.arrivals.setdefault(address, now)
        return "250 OK"


class Stack:
    """PostgreSQL, Valkey and the mail catcher. The parts start APIs and workers as needed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.postgres = EmbeddedPostgres(home, POSTGRES)
        self.redis = EmbeddedRedis(home)
        self.catcher = MailCatcher()

    @property
    def app_url(self) -> str:
        """The URL of the database for booking_app."""
        return dsn_of(self.postgres, "booking_app")

    @property
    def superuser_url(self) -> str:
        """The URL of the database for the superuser, who can insert past appointments."""
        return self.postgres.superuser_dsn.removesuffix("/postgres") + "/booking"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of API and worker, with the defaults of production."""
        return {
            "SECRET_KEY": SECRET,
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": self.app_url,
            "REDIS_URL": self.redis.url,
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.catcher.smtp_port),
            "PGSSLMODE": "disable",
        }

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """Yield a connection of the superuser."""
        connection = await asyncpg.connect(self.superuser_url, ssl=False)
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def apis(self, number: int, *, limited: bool = False) -> AsyncIterator[list[Api]]:
        """Yield `number` running API processes, each on its own port.

        `limited` applies the rate limits of production. Otherwise the limits are too high to be reached, because few
        clients send here what many would; each call is still counted in Valkey.
        """
        apis = [Api(self._folder(f"api{n}")) for n in range(number)]
        try:
            for api in apis:
                await api.start({**self.environment, **({} if limited else UNLIMITED)})
            yield apis
        finally:
            for api in apis:
                await api.child.stop()

    @asynccontextmanager
    async def served(self, module: str, *arguments: str) -> AsyncIterator[tuple[str, int]]:
        """Yield the URL and process id of another server: a module that is run with `arguments` and a port."""
        child = Child(module, self.home)
        port = free_port()
        environment = {**self.environment, "PATH": os.environ["PATH"]}
        program = Program((sys.executable, "-m", module, *arguments, str(port)), environment, ROOT)
        await child.start(program)
        try:
            async with asyncio.timeout(SECONDS_TO_WORK):
                while not is_taken(port):
                    if not child.running:
                        raise child.failure(f"{module} ended")
                    await asyncio.sleep(0.05)
            yield f"http://127.0.0.1:{port}", child.pid
        finally:
            await child.stop()

    @asynccontextmanager
    async def workers(self, number: int) -> AsyncIterator[list[Worker]]:
        """Yield `number` started worker processes."""
        workers = [Worker(self._folder(f"worker{n}")) for n in range(number)]
        try:
            for worker in workers:
                await worker.start(self.environment)
            for worker in workers:
                await _works(worker)
            yield workers
        finally:
            for worker in workers:
                await worker.child.stop()

    def _folder(self, name: str) -> Path:
        """Create and return the folder for the log of a process."""
        folder = self.home / name
        folder.mkdir(exist_ok=True)
        return folder


async def _works(worker: Worker) -> None:
    async with asyncio.timeout(SECONDS_TO_WORK):
        while '"worker_started"' not in worker.child.log.read_text():
            if not worker.child.running:
                raise worker.child.failure("the worker ended")
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running_stack(home: Path) -> AsyncIterator[Stack]:
    """Yield a running stack with an empty database. Raises SandboxError if a server does not start."""
    stack = Stack(home)
    try:
        await stack.postgres.start()
        await create_database(stack.postgres)
        await asyncio.to_thread(upgrade, dsn_of(stack.postgres, "booking_owner"))
        await disable_doctor_verification(stack.postgres)
        await set_passwords(stack.postgres)
        await _must_be_durable(stack)
        await stack.redis.start()
        await stack.catcher.start()
        yield stack
    finally:
        if stack.catcher.url:
            await stack.catcher.stop()
        await stack.redis.stop()
        await stack.postgres.stop()


async def _must_be_durable(stack: Stack) -> None:
    async with stack.connection() as connection:
        for setting in DURABLE:
            if await connection.fetchval("SELECT current_setting($1)", setting) != "on":
                raise RuntimeError(f"PostgreSQL's {setting} is not on: the results would not be valid for production")
