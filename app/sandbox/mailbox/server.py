"""A mail server for development. It accepts every mail, delivers none, and shows them over HTTP."""

import asyncio
import contextlib
from collections import deque
from itertools import count
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from app.sandbox.mailbox.messages import Message, parse_message
from app.sandbox.mailbox.pages import create_pages
from app.sandbox.servers.web import WebServer

MAX_MESSAGES = 10_000


class Mailbox:
    """Accepts SMTP at 127.0.0.1:`smtp_port` and serves pages at `url`. Keeps the last 10,000 mails in memory."""

    def __init__(self) -> None:
        self.messages: deque[Message] = deque(maxlen=MAX_MESSAGES)
        self.smtp_port = 0
        self._pages = WebServer()
        self._numbers = count(1)
        self._sessions: WeakSet[SMTP] = WeakSet()
        self._closing = contextlib.AsyncExitStack()

    @property
    def url(self) -> str:
        """The address of the pages; empty before the start."""
        return self._pages.url

    async def start(self) -> None:
        """Listen on two free ports."""
        await self._listen()
        self._serve_pages()

    async def stop(self) -> None:
        """Close all connections and delete the mails."""
        await self._closing.aclose()
        self.messages.clear()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802  aiosmtpd's
        """Store a mail and return the SMTP reply."""
        content = envelope.original_content or b""
        self.messages.append(parse_message(next(self._numbers), envelope.rcpt_tos, content))
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

    def _serve_pages(self) -> None:
        self._pages.serve(create_pages(self.messages), self._pages.listen())
        self._closing.push_async_callback(self._pages.stop)
