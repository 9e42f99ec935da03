"""A mail server for development: it accepts every mail, delivers none, and shows them over HTTP."""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Iterator
from itertools import count
from weakref import WeakSet

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.sandbox.letters import Letter, read_letter
from app.sandbox.mailbox_pages import create_pages

LETTERS_KEPT = 10_000


class _QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process that we are a part of."""
        yield


class Mailbox:
    """The SMTP side at 127.0.0.1:`smtp_port`, the pages at `url`; it keeps the last 10,000 mails, in memory."""

    def __init__(self) -> None:
        self.letters: deque[Letter] = deque(maxlen=LETTERS_KEPT)
        self.smtp_port = 0
        self.url = ""
        self._numbers = count(1)
        self._sessions: WeakSet[SMTP] = WeakSet()
        self._closing = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """Listen on two free ports."""
        await self._listen()
        await self._serve_pages()

    async def stop(self) -> None:
        """Close every connection and forget the mails."""
        await self._closing.aclose()
        self.letters.clear()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802  aiosmtpd's
        """Keep a mail and return the SMTP answer."""
        content = envelope.original_content or b""
        self.letters.append(read_letter(next(self._numbers), envelope.rcpt_tos, content))
        return "250 OK"

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._open_session, "127.0.0.1", 0)
        self.smtp_port = server.sockets[0].getsockname()[1]
        self._closing.push_async_callback(server.wait_closed)
        self._closing.callback(self._close_sessions)
        self._closing.callback(server.close)

    def _open_session(self) -> SMTP:
        session = SMTP(
            self, enable_SMTPUTF8=True, hostname="localhost", ident="mailbox", loop=asyncio.get_running_loop()
        )
        self._sessions.add(session)
        return session

    def _close_sessions(self) -> None:
        for session in self._sessions:
            if session.transport:
                session.transport.close()

    async def _serve_pages(self) -> None:
        """Serve on a socket that listens already: a request that comes before the server waits for it."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            create_pages(self.letters),
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        server = _QuietServer(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        self._closing.push_async_callback(self._end, server, task)

    async def _end(self, server: uvicorn.Server, task: asyncio.Task[None]) -> None:
        server.should_exit = True
        await task
