"""A TCP proxy that can be closed, to simulate the outage of a server for one client."""

import asyncio
import contextlib
import socket
from urllib.parse import urlsplit, urlunsplit


class TcpProxy:
    """A port of 127.0.0.1 that forwards to the server of a URL while it is open, and refuses connections otherwise.

    It is closed at first. While `flowing` is not set, it keeps its connections but forwards nothing.
    """

    def __init__(self, url: str, *, default_port: int) -> None:
        self._parts = urlsplit(url)
        self._target = (self._parts.hostname, self._parts.port or default_port)
        self._socket = self._bind(0)
        self.port: int = self._socket.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self.flowing = asyncio.Event()
        self.flowing.set()

    @property
    def url(self) -> str:
        """The URL with the proxy's host and port."""
        login = self._parts.netloc.rpartition("@")[0]
        place = f"127.0.0.1:{self.port}"
        return urlunsplit(self._parts._replace(netloc=f"{login}@{place}" if login else place))

    @property
    def connections(self) -> int:
        return len(self._pipes) // 2

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._let_in, sock=self._socket)

    async def disconnect_all(self) -> None:
        """Cut every connection, and refuse new ones."""
        assert self._server
        self._server.close()
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)
        self._socket = self._bind(self.port)

    async def __aenter__(self) -> "TcpProxy":
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server and self._server.is_serving():
            await self.disconnect_all()
        self._socket.close()

    @staticmethod
    def _bind(port: int) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        return bound

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opening = asyncio.current_task()
        assert opening
        self._pipes.add(opening)  # so that disconnect_all() also cancels connections that are being opened
        opening.add_done_callback(self._pipes.discard)
        try:
            there, back = await asyncio.open_connection(*self._target)
        except BaseException:
            writer.close()
            raise
        for source, sink in ((reader, back), (there, writer)):
            pipe = asyncio.create_task(self._pump(source, sink))
            self._pipes.add(pipe)
            pipe.add_done_callback(self._pipes.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            try:
                while data := await source.read(65536):
                    await self.flowing.wait()
                    sink.write(data)
                    await sink.drain()
            finally:
                sink.close()
                await sink.wait_closed()
