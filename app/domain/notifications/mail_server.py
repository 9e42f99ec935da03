"""Connections to the mail server."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
from aiosmtplib import SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPRecipientsRefused

from app.settings import Settings

SEND_TIMEOUT_SECONDS = 10  # from connecting to the server's last reply
QUIT_TIMEOUT_SECONDS = 2
NOOP_TIMEOUT_SECONDS = 2
IDLE_SECONDS = 30  # closes a connection idle for this long; servers wait for minutes (RFC 5321, 4.5.3.2.7)
NOOP_AFTER_SECONDS = 1  # checks a connection idle for longer with NOOP before reuse


class MailConnection:
    """One connection to the mail server. The first mail opens it."""

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
        """Whether the connection is open, as far as this side can tell."""
        return self._smtp.is_connected

    async def is_alive(self) -> bool:
        """Whether the connection can be used. Sends NOOP if it was idle."""
        if self.is_open and time.monotonic() - self._last_used > NOOP_AFTER_SECONDS:
            try:
                await self._smtp.noop(timeout=NOOP_TIMEOUT_SECONDS)
            except (SMTPException, OSError):
                self.close()
        return self.is_open

    async def quit(self) -> None:
        """Close the connection with QUIT, or without if the server does not answer."""
        with contextlib.suppress(SMTPException, OSError):
            if self.is_open:
                await self._smtp.quit(timeout=QUIT_TIMEOUT_SECONDS)
        self.close()

    def close(self) -> None:
        """Close the connection immediately."""
        self._smtp.close()

    async def connect(self) -> None:
        """Connect and log in without sending a mail. Raises SMTPException or OSError."""
        await self._smtp.connect()

    async def send(self, message: EmailMessage) -> None:
        """Send one mail. Raises SMTPException or OSError (TimeoutError after 10 s); see `is_permanent`."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                if not self._smtp.is_connected:
                    await self._smtp.connect()
                await self._smtp.send_message(message)
                self._last_used = time.monotonic()
        except SMTPRecipientsRefused as error:
            raise error.recipients[0] from None  # the only recipient: its error has the reply code
        except TimeoutError:
            self.close()  # a late reply would be read as the reply to the next mail
            raise


class MailConnectionPool:
    """A limited number of connections to the mail server, kept open for a while for the next mails."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._free_connections = asyncio.Semaphore(settings.email_connections)
        self._idle: list[tuple[MailConnection, asyncio.Task[None]]] = []  # with the task that closes it

    @contextlib.asynccontextmanager
    async def connection(self, seconds: float) -> AsyncIterator[MailConnection | None]:
        """Yield a connection for exclusive use, or None if none becomes free within `seconds`."""
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
        """Close all connections, which must not be in use."""
        while self._idle:
            server, end = self._idle.pop()
            end.cancel()
            await server.quit()

    async def _acquire(self) -> MailConnection:
        while self._idle:
            server, end = self._idle.pop()  # the one used last, so that surplus connections reach their idle limit
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
    """Whether another attempt with the same mail would fail again.

    That is so if the server permanently refused the recipient or the content (5xx), or if the mail itself is invalid.
    A refused sender or login is not permanent: once the configuration is corrected, all waiting mails are sent.
    """
    if isinstance(error, SMTPRecipientRefused | SMTPDataError):
        return error.code >= 500
    return not isinstance(error, SMTPException | OSError)
