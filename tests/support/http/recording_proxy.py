"""A proxy that records requests to other machines and refuses all of them."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

REFUSAL = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class RecordingProxy:
    """Records the first line of each request to a host that is not this machine."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Record a request, and refuse it."""
        self.asked.append((await reader.readline()).decode().strip())
        writer.write(REFUSAL)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def recording_proxy() -> AsyncIterator[RecordingProxy]:
    """Be the proxy of every HTTP client that is created in this block."""
    seen = RecordingProxy()
    server = await asyncio.start_server(seen.serve, "127.0.0.1", 0)
    proxy = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with pytest.MonkeyPatch.context() as environment:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            environment.setenv(name, proxy)
        environment.setenv("no_proxy", "127.0.0.1")
        yield seen
    server.close()
    await server.wait_closed()
