"""Free TCP ports of 127.0.0.1, and what to do when one is taken before it is used."""

import errno
import socket
from collections.abc import Awaitable, Callable

ATTEMPTS = 3


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether somebody listens on `port`. Raises OSError if it is not ours to use, as one below 1024."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return True
    return False


async def start_on_port(port: int | None, start: Callable[[int], Awaitable[bool]]) -> bool:
    """Await `start(port)` and return what it says: whether it worked.

    Without a `port` (None or 0), a free one is tried, and another one if somebody took it before it was used.
    """
    for _ in range(1 if port else ATTEMPTS):
        chosen = port or free_port()
        if await start(chosen):
            return True
        if not is_taken(chosen):
            break
    return False
