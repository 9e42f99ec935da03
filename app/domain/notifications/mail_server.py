"""Talking to the mail server."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
from aiosmtplib import SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPRecipientsRefused

from app.settings import Settings

SEND_TIMEOUT_SECONDS = 10  # from connecting to the server's last answer
QUIT_TIMEOUT_SECONDS = 2
NOOP_TIMEOUT_SECONDS = 2  # a NOOP, which is all that is asked of a connection that was kept
IDLE_SECONDS = 30  # a connection without a mail; servers wait for minutes (RFC 5321, 4.5.3.2.7)
NOOP_AFTER_SECONDS = 1  # after a mail, before it is asked whether it is still there


class MailConnection:
    """One conversation with the mail server: begun by the first mail."""

    def __init__(self, settings: Settings) -> None:
        self._smtp = aiosmtplib.SMTP(
            hostname=settings.email_host,
            port=settings.email_port,
            username=settings.email_host_user or None,
            password=settings.email_host_password or None,
            start_tls=settings.email_use_tls,
            timeout=SEND_TIMEOUT_SECONDS,
        )
        self._last_used = 0.0

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as one knows."""
        return self._smtp.is_connected

    async def is_alive(self) -> bool:
        """Whether the connection can be used, which is asked of the server if it was not used lately."""
        if self.is_open and time.monotonic() - self._last_used > NOOP_AFTER_SECONDS:
            try:
                await self._smtp.noop(timeout=NOOP_TIMEOUT_SECONDS)
            except (SMTPException, OSError):
                self.close()
        return self.is_open

    async def quit(self) -> None:
        """End the conversation, politely if the server lets us."""
        with contextlib.suppress(SMTPException, OSError):
            if self.is_open:
                await self._smtp.quit(timeout=QUIT_TIMEOUT_SECONDS)
        self.close()

    def close(self) -> None:
        """End the conversation at once."""
        self._smtp.close()

    async def connect(self) -> None:
        """Connect and log in, without a mail. Raises SMTPException or OSError."""
        await self._smtp.connect()

    async def send(self, message: EmailMessage) -> None:
        """Hand over one mail. Raises SMTPException or OSError (TimeoutError after 10 s); see `is_permanent`."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                if not self._smtp.is_connected:
                    await self._smtp.connect()
                await self._smtp.send_message(message)
                self._last_used = time.monotonic()
        except SMTPRecipientsRefused as error:
            raise error.recipients[0] from None  # there is but one, and its code is what matters
        except TimeoutError:
            self.close()  # an answer that came too late would be taken for the next mail's
            raise


class MailConnectionPool:
    """A bounded number of conversations with the mail server, each kept for a while for whoever is next to send."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._free_connections = asyncio.Semaphore(settings.email_connections)
        self._idle: list[tuple[MailConnection, asyncio.Task[None]]] = []  # with what ends it in time

    @contextlib.asynccontextmanager
    async def connection(self, seconds: float) -> AsyncIterator[MailConnection | None]:
        """Lend a conversation that nobody else uses; None if there is no room for one within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._free_connections.acquire()
        except TimeoutError:
            yield None
            return
        server = None
        try:
            server = await self._acquire()
            yield server
        except BaseException:
            if server:
                server.close()
            raise
        finally:
            self._release(server)
            self._free_connections.release()

    async def quit(self) -> None:
        """End all conversations; nobody may be using one."""
        while self._idle:
            server, end = self._idle.pop()
            end.cancel()
            await server.quit()

    async def _acquire(self) -> MailConnection:
        while self._idle:
            server, end = self._idle.pop()  # the one used last, so that others get old and are ended
            end.cancel()
            if await server.is_alive():
                return server
        return MailConnection(self._settings)

    def _release(self, server: MailConnection | None) -> None:
        if server and server.is_open:
            self._idle.append((server, asyncio.create_task(self._close_when_idle(server))))

    async def _close_when_idle(self, server: MailConnection) -> None:
        await asyncio.sleep(IDLE_SECONDS)
        self._idle = [kept for kept in self._idle if kept[0] is not server]
        await server.quit()


def is_permanent(error: Exception) -> bool:
    """Whether sending the same mail again would be in vain.

    It would if the server refused this recipient or text for good (5xx), or if what is wrong is the mail itself.
    A server that refuses us, as sender or at login, may be set right; then all waiting mails go out.
    """
    if isinstance(error, SMTPRecipientRefused | SMTPDataError):
        return error.code >= 500
    return not isinstance(error, SMTPException | OSError)
