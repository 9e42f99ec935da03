"""Mail servers that fail on purpose."""

import asyncio
import random
from email import message_from_bytes
from email.message import Message

from aiosmtpd.smtp import SMTP, Envelope, Session

from app.sandbox.mailbox.server import Mailbox

# Where a session fails: at MAIL, RCPT or DATA, or after the mail was accepted but before the answer.
MAIL, RCPT, DATA, TAKEN = "MAIL", "RCPT", "DATA", "TAKEN"
ANSWERS = {MAIL: "451 4.3.0 try again", RCPT: "450 4.2.1 mailbox busy", DATA: "452 4.3.1 disk full"}
LOST = "421 4.3.0 not sent: the connection is cut"


class FaultyMailbox(Mailbox):
    """A mailbox that refuses the recipients of `unknown` at RCPT, and those of `later` and `unwanted` at DATA.

    While `accepting` is not set, it keeps senders waiting at DATA.
    """

    def __init__(self) -> None:
        super().__init__()
        self.unknown: set[str] = set()
        self.later: set[str] = set()
        self.unwanted: set[str] = set()
        self.refused_ids: list[str] = []  # Message-IDs
        self.mails: list[Message] = []  # the accepted ones, with all their headers
        self.accepting = asyncio.Event()
        self.accepting.set()
        self.begun = 0  # mails that have reached DATA
        self.sessions = 0  # connections, including closed ones

    def _open_session(self) -> SMTP:
        self.sessions += 1
        return super()._open_session()

    async def has_begun(self, mails: int) -> bool:
        """Whether at least that many mails have reached DATA."""
        return self.begun >= mails

    async def handle_RCPT(  # noqa: N802  aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address in self.unknown:
            return f"550 5.1.1 <{address}>: no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        self.begun += 1
        await self.accepting.wait()
        mail = message_from_bytes(envelope.original_content or b"")
        if self.later.intersection(envelope.rcpt_tos):
            self.refused_ids.append(mail["Message-ID"])
            return "451 4.3.0 try again later"
        if self.unwanted.intersection(envelope.rcpt_tos):
            return "554 5.7.1 looks like spam"
        self.mails.append(mail)
        return await super().handle_DATA(server, session, envelope)


class RandomlyFailingMailbox(Mailbox):
    """A mailbox that refuses or drops half of the mails at random while `is_failing`."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.is_failing = True
        self.attempts = 0
        self.failures = 0
        self._rng = rng
        self._plans: dict[Session, tuple[str | None, bool]] = {}  # the stage to fail at, and whether by a cut

    async def has_failed(self, times: int) -> bool:
        """Whether it has failed at least that often."""
        return self.failures >= times

    async def handle_MAIL(  # noqa: N802  aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.attempts += 1
        fails = self.is_failing and self._rng.random() < 0.5
        self._plans[session] = (
            self._rng.choice([MAIL, RCPT, DATA, TAKEN]) if fails else None,
            self._rng.random() < 0.5,
        )
        self.failures += fails
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self._answer(server, session, MAIL)

    async def handle_RCPT(  # noqa: N802  aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del options
        envelope.rcpt_tos.append(address)
        return self._answer(server, session, RCPT)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        """Accept the mail, refuse it, or accept it and cut the connection."""
        answer = self._answer(server, session, DATA)
        if answer.startswith("250"):
            answer = await super().handle_DATA(server, session, envelope)
            if self._plans[session][0] == TAKEN:
                return self._cut(server)
        return answer

    def _answer(self, server: SMTP, session: Session, stage: str) -> str:
        fails_at, by_a_cut = self._plans[session]
        if fails_at != stage:
            return "250 OK"
        return self._cut(server) if by_a_cut else ANSWERS[stage]

    def _cut(self, server: SMTP) -> str:
        assert isinstance(server.transport, asyncio.WriteTransport)
        server.transport.abort()
        return LOST
