"""An HTTP server inside the supervisor process, for the mailbox and the PayPal stand-in."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Iterator
from typing import cast

import uvicorn
from litestar import Litestar
from litestar.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ABORT_EXTENSION = "sandbox.abort_connection"


class WebServer:
    """Serves one ASGI application on 127.0.0.1, at `url`."""

    def __init__(self) -> None:
        self.url = ""
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port; 0 before the start."""
        return int(self.url.rpartition(":")[2] or 0)

    def listen(self, port: int = 0) -> socket.socket:
        """Bind `port`, or a free port if it is 0 or in use. Sets `url`."""
        try:
            listener = listening(port)
        except OSError as error:
            if not port or error.errno != errno.EADDRINUSE:
                raise
            listener = listening(0)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        return listener

    def serve(self, app: Litestar, listener: socket.socket) -> None:
        """Serve on a listening socket. Requests that arrive earlier wait until the server is ready."""
        config = uvicorn.Config(
            app,
            http=_AbortableProtocol,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            timeout_keep_alive=75,  # seconds; longer than clients keep idle connections
            timeout_graceful_shutdown=1,
        )
        self._server = _QuietServer(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def stop(self) -> None:
        """Stop the server if it was started. Running requests have one second to finish."""
        if self._server and self._task:
            self._server.should_exit = True
            await self._task


def listening(port: int) -> socket.socket:
    """Return a listening socket with an explicit protocol (TCP).

    Otherwise asyncio does not disable Nagle's algorithm, which delays the second part of a response by 40 ms.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


class _QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do not handle signals: the supervisor does."""
        yield


class _AbortableProtocol(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        """Let the application close the connection without a response: ASGI has no message for that."""
        super().on_message_begin()
        self.scope["extensions"] = {ABORT_EXTENSION: {"now": self.transport.abort}}


async def abort_connection(scope: Scope) -> None:
    """Close a request's connection. A later response to the request is discarded."""
    extensions = scope.get("extensions") or {}
    cast(Callable[[], None], extensions[ABORT_EXTENSION]["now"])()
    await asyncio.sleep(0)  # lets the server process the disconnect before the application responds
