"""What is measured: a PostgreSQL that keeps its word through a power failure, and real API and worker processes."""

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

SECRET = "a secret of the bench, which signs the tokens of nobody"  # noqa: S105  known to all, good for nothing
# Its defaults are durable; `_must_be_durable` makes sure of it.
POSTGRES = {"max_connections": "200", "shared_buffers": "512MB"}
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
UNLIMITED = dict.fromkeys(("RATE_LIMIT", "RATE_LIMIT_LOGIN", "RATE_LIMIT_LOGIN_ADDRESS"), "10000000/minute")
SECONDS_TO_WORK = 60


class MailCatcher(Mailbox):
    """Takes every mail and keeps when it came, by recipient: the whole of it, just before the answer to DATA."""

    def __init__(self) -> None:
        super().__init__()
        self.arrivals: dict[str, float] = {}  # time.monotonic() of the first mail
        self.mails = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        """Note the time."""
        del server, session
        now = time.monotonic()
        self.mails += 1
        for address in envelope.rcpt_tos:
            self.arrivals.setdefault(address, now)
        return "250 OK"


class Stack:
    """PostgreSQL, Valkey and the mail catcher; APIs and workers are started where they are wanted."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.postgres = EmbeddedPostgres(home, POSTGRES)
        self.redis = EmbeddedRedis(home)
        self.catcher = MailCatcher()

    @property
    def app_url(self) -> str:
        """The database, for booking_app."""
        return dsn_of(self.postgres, "booking_app")

    @property
    def superuser_url(self) -> str:
        """The database, for its superuser, who may make the past."""
        return self.postgres.superuser_dsn.removesuffix("/postgres") + "/booking"

    @property
    def environment(self) -> dict[str, str]:
        """What API and worker are told: production's defaults."""
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
        """Yield a superuser's connection."""
        connection = await asyncpg.connect(self.superuser_url, ssl=False)
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def apis(self, number: int, *, limited: bool = False) -> AsyncIterator[list[Api]]:
        """Yield so many running API processes, each on a port of its own.

        With production's rate limits if they are to be `limited`. Else nobody is turned away for calling too often, as
        few callers do here what many would; each call is counted in Valkey all the same.
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
        """Yield the address and process id of another server than ours, a module that takes `arguments` and a port."""
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
        """Yield so many working worker processes."""
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
        """Return the folder of a process that starts: its log is there."""
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
    """Yield a running stack with an empty database. Raises SandboxError if something does not start."""
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
                raise RuntimeError(f"PostgreSQL's {setting} is off: what is measured would be another thing")
