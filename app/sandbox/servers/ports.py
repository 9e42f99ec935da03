"""Free TCP ports of 127.0.0.1, and retries when another process takes one first."""

import errno
import socket
from collections.abc import Awaitable, Callable

ATTEMPTS = 3


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether a process listens on `port`. Raises OSError if the port is not allowed, such as one below 1024."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return True
    return False


async def start_on_port(port: int | None, start: Callable[[int], Awaitable[bool]]) -> bool:
    """Await `start(port)` and return whether it succeeded.

    Without a `port` (None or 0), uses a free one, and retries if another process takes that first.
    """
    for _ in range(1 if port else ATTEMPTS):
        chosen = port or free_port()
        if await start(chosen):
            return True
        if not is_taken(chosen):
            break
    return False
