"""Talking to the mail server."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
from aiosmtplib import SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPRecipientsRefused

from app.settings import Settings

SECONDS_FOR_A_MAIL = 10  # from connecting to the server's last answer
SECONDS_TO_QUIT = 2
SECONDS_TO_ANSWER = 2  # a NOOP, which is all that is asked of a connection that was kept
SECONDS_KEPT = 30  # a connection without a mail; servers wait for minutes (RFC 5321, 4.5.3.2.7)
SECONDS_TRUSTED = 1  # after a mail, before it is asked whether it is still there


class MailServer:
    """One conversation with the mail server: begun by the first mail."""

    def __init__(self, settings: Settings) -> None:
        self._smtp = aiosmtplib.SMTP(
            hostname=settings.email_host,
            port=settings.email_port,
            username=settings.email_host_user or None,
            password=settings.email_host_password or None,
            start_tls=settings.email_use_tls,
            timeout=SECONDS_FOR_A_MAIL,
        )
        self._last_used = 0.0

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as one knows."""
        return self._smtp.is_connected

    async def is_there(self) -> bool:
        """Whether the connection can be used, which is asked of the server if it was not used lately."""
        if self.is_open and time.monotonic() - self._last_used > SECONDS_TRUSTED:
            try:
                await self._smtp.noop(timeout=SECONDS_TO_ANSWER)
            except (SMTPException, OSError):
                self.close()
        return self.is_open

    async def quit(self) -> None:
        """End the conversation, politely if the server lets us."""
        with contextlib.suppress(SMTPException, OSError):
            if self.is_open:
                await self._smtp.quit(timeout=SECONDS_TO_QUIT)
        self.close()

    def close(self) -> None:
        """End the conversation at once."""
        self._smtp.close()

    async def greet(self) -> None:
        """Connect and log in, without a mail. Raises SMTPException or OSError."""
        await self._smtp.connect()

    async def send(self, message: EmailMessage) -> None:
        """Hand over one mail. Raises SMTPException or OSError (TimeoutError after 10 s); see `is_permanent`."""
        try:
            async with asyncio.timeout(SECONDS_FOR_A_MAIL):
                if not self._smtp.is_connected:
                    await self._smtp.connect()
                await self._smtp.send_message(message)
                self._last_used = time.monotonic()
        except SMTPRecipientsRefused as error:
            raise error.recipients[0] from None  # there is but one, and its code is what matters
        except TimeoutError:
            self.close()  # an answer that came too late would be taken for the next mail's
            raise


class MailServers:
    """A bounded number of conversations with the mail server, each kept for a while for whoever is next to send."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._room = asyncio.Semaphore(settings.email_connections)
        self._kept: list[tuple[MailServer, asyncio.Task[None]]] = []  # with what ends it in time

    @contextlib.asynccontextmanager
    async def conversation(self, seconds: float) -> AsyncIterator[MailServer | None]:
        """Lend a conversation that nobody else uses; None if there is no room for one within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._room.acquire()
        except TimeoutError:
            yield None
            return
        server = None
        try:
            server = await self._take()
            yield server
        except BaseException:
            if server:
                server.close()
            raise
        finally:
            self._keep(server)
            self._room.release()

    async def quit(self) -> None:
        """End all conversations; nobody may be using one."""
        while self._kept:
            server, end = self._kept.pop()
            end.cancel()
            await server.quit()

    async def _take(self) -> MailServer:
        while self._kept:
            server, end = self._kept.pop()  # the one used last, so that others get old and are ended
            end.cancel()
            if await server.is_there():
                return server
        return MailServer(self._settings)

    def _keep(self, server: MailServer | None) -> None:
        if server and server.is_open:
            self._kept.append((server, asyncio.create_task(self._end(server))))

    async def _end(self, server: MailServer) -> None:
        await asyncio.sleep(SECONDS_KEPT)
        self._kept = [kept for kept in self._kept if kept[0] is not server]
        await server.quit()


def is_permanent(error: Exception) -> bool:
    """Whether sending the same mail again would be in vain.

    It would if the server refused this recipient or text for good (5xx), or if what is wrong is the mail itself.
    A server that refuses us, as sender or at login, may be set right; then all waiting mails go out.
    """
    if isinstance(error, SMTPRecipientRefused | SMTPDataError):
        return error.code >= 500
    return not isinstance(error, SMTPException | OSError)
