"""Talking to the mail server."""

import asyncio
import contextlib
from email.message import EmailMessage
from types import TracebackType

import aiosmtplib
from aiosmtplib import SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPRecipientsRefused

from app.settings import Settings

SECONDS_FOR_A_MAIL = 10  # from connecting to the server's last answer
SECONDS_TO_QUIT = 2


class MailServer:
    """One conversation with the mail server: begun by the first mail, ended with the `async with` block."""

    def __init__(self, settings: Settings) -> None:
        self._smtp = aiosmtplib.SMTP(
            hostname=settings.email_host,
            port=settings.email_port,
            username=settings.email_host_user or None,
            password=settings.email_host_password or None,
            start_tls=settings.email_use_tls,
            timeout=SECONDS_FOR_A_MAIL,
        )

    async def __aenter__(self) -> "MailServer":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        with contextlib.suppress(SMTPException, OSError):
            if kind is None and self._smtp.is_connected:
                await self._smtp.quit(timeout=SECONDS_TO_QUIT)
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
        except SMTPRecipientsRefused as error:
            raise error.recipients[0] from None  # there is but one, and its code is what matters
        except TimeoutError:
            self._smtp.close()  # an answer that came too late would be taken for the next mail's
            raise


def is_permanent(error: Exception) -> bool:
    """Whether sending the same mail again would be in vain.

    It would if the server refused this recipient or text for good (5xx), or if what is wrong is the mail itself.
    A server that refuses us, as sender or at login, may be set right; then all waiting mails go out.
    """
    if isinstance(error, SMTPRecipientRefused | SMTPDataError):
        return error.code >= 500
    return not isinstance(error, SMTPException | OSError)
