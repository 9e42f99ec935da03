"""A fake internet: a proxy that records every request, and one TLS server behind it that answers for every host."""

import asyncio
import contextlib
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from httpx import AsyncClient

from tests.support.paypal.certificate_authority import Issued, issue, root, rsa_key

Answer = Callable[[StreamWriter], Awaitable[None]]


class FakeInternet:
    """Records the requests and sends the answer set for each path, 404 for other paths."""

    def __init__(self) -> None:
        self.asked: list[str] = []  # the host of each request to the proxy
        self.requests: list[bytes] = []  # the head of each request that reached the server
        self.answers: dict[str, bytes | Answer] = {}
        self.port = 0
        self.client: AsyncClient  # goes through the proxy only
        self.at_once = 0  # requests that are being answered
        self._serving: set[asyncio.Task[None]] = set()

    def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Handle a connection to the server."""
        self._serving.add(asyncio.create_task(self._serve(reader, writer)))

    def relay(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Handle a connection to the proxy."""
        self._serving.add(asyncio.create_task(self._relay(reader, writer)))

    async def settle(self) -> None:
        """Wait for every connection to end; cancel those that are still open after 10 s, as after a failed test."""
        if self._serving:
            _, waiting = await asyncio.wait(self._serving, timeout=10)
            for task in waiting:
                task.cancel()

    async def _relay(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Tunnel a request for any host to the one server."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):  # the client has closed the connection
            writer.close()
            return
        self.asked.append(head.split()[1].decode())
        try:
            from_server, to_server = await self._opened(head)
        except OSError:
            await _end(writer, response(b"", "502 Bad Gateway"))
            return
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(_pump(reader, to_server), _pump(from_server, writer))

    async def _opened(self, head: bytes) -> tuple[StreamReader, StreamWriter]:
        if not head.startswith(b"CONNECT "):
            raise ConnectionRefusedError("only TLS is available")
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            self.at_once += 1
            try:
                await self._answer(head, writer)
            finally:
                self.at_once -= 1
        await _end(writer)

    async def _answer(self, head: bytes, writer: StreamWriter) -> None:
        answer = self.answers.get(head.split()[1].decode(), response(b"", "404 Not Found"))
        if isinstance(answer, bytes):
            writer.write(answer)
        else:
            await answer(writer)
        await writer.drain()


def response(content: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", *headers, "", "")
    return "\r\n".join(lines).encode() + content


def endless_body(part: bytes, pause: float = 0) -> Answer:
    """Answer with an endless body: the same part again and again, until the client hangs up."""

    async def answer(writer: StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-pem-file\r\n\r\n")
        while not writer.is_closing():
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return answer


async def _pump(reader: StreamReader, writer: StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    writer.close()


async def _end(writer: StreamWriter, last: bytes = b"") -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        writer.write(last)
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def running_internet(folder: Path) -> AsyncIterator[FakeInternet]:
    hosts = root("The hosts' root")
    server = issue(hosts, "paypal.com", names=["*.paypal.com", "evil.example"], key=rsa_key("hosts"))
    (folder / "server.pem").write_bytes(server.key_pem + server.pem)
    internet, context = FakeInternet(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    async with (
        await asyncio.start_server(internet.serve, "127.0.0.1", 0, ssl=context) as behind,
        await asyncio.start_server(internet.relay, "127.0.0.1", 0) as proxy,
    ):
        internet.port = behind.sockets[0].getsockname()[1]
        async with _client(proxy.sockets[0].getsockname()[1], hosts) as internet.client:
            yield internet
        await internet.settle()


def _client(port: int, hosts: Issued) -> AsyncClient:
    trusting = ssl.create_default_context(cadata=hosts.pem.decode())
    # follows redirects and sends credentials unless the code under test overrides both
    return AsyncClient(
        proxy=f"http://127.0.0.1:{port}",
        verify=trusting,
        trust_env=False,
        follow_redirects=True,
        auth=("client", "secret"),
        timeout=60,
    )
