"""Confidential words stay out of all logs: of API, worker, PostgreSQL, Valkey and the supervisor."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope, Session
from httpx import AsyncClient

from app.sandbox.mailbox.server import Mailbox
from tests.e2e.log_privacy import OTTOLINE, PEREGRINE, REFUSED_PERSON, ZEBULON, PrivateStory, confidential_words
from tests.support.servers.sandbox_process import BookingUp
from tests.support.servers.worker_process import eventually

TOKENS = re.compile(rb"Bearer |eyJ[\w-]{10}|\$argon2", re.IGNORECASE)
UNKNOWN_RULE = f"ALTER TABLE patient ADD CONSTRAINT unknown_rule CHECK (full_name <> '{REFUSED_PERSON.full_name}')"
SLIP = f"UPDATE account SET email = '{ZEBULON.email}' WHERE email = '{OTTOLINE.email}'"
ALL_TRIED = """
    SELECT NOT EXISTS (
        SELECT FROM notification AS n
        WHERE n.status = 'queued' AND n.outcome IS NULL AND NOT EXISTS (
            SELECT FROM notification AS earlier -- is sent first
            WHERE earlier.account_id = n.account_id AND earlier.id < n.id AND earlier.outcome IS NOT NULL
                AND earlier.status = 'queued'
        )
    )
"""
# the story pays nothing, so PayPal is not called; the stand-in is for development only
PRODUCTION = {"DEBUG": "false", "ALLOWED_HOSTS": "127.0.0.1", "PAYPAL_BASE_URL": "https://paypal.invalid"}


class TalkativeMailbox(Mailbox):
    """A mail server that refuses some mails, for good or for now, and quotes confidential words in its replies."""

    async def handle_RCPT(  # noqa: N802  aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address == PEREGRINE.email:
            return f"550 5.1.1 <{address}>: {PEREGRINE.full_name} does not live here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        if OTTOLINE.email in envelope.rcpt_tos:
            return f"554 5.7.1 what you say to {OTTOLINE.full_name} <{OTTOLINE.email}> is spam"
        if ZEBULON.email in envelope.rcpt_tos:
            return f"451 4.3.0 {ZEBULON.full_name} <{ZEBULON.email}> must wait"
        return await super().handle_DATA(server, session, envelope)


@pytest_asyncio.fixture
async def mail_server() -> AsyncIterator[dict[str, str]]:
    mailbox = TalkativeMailbox()
    await mailbox.start()
    yield {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(mailbox.smtp_port)}
    await mailbox.stop()


@pytest.mark.parametrize("mode", [{}, PRODUCTION], ids=["development", "production"])
async def test_no_confidential_word_is_in_a_log(
    tmp_path: Path, mail_server: dict[str, str], mode: dict[str, str]
) -> None:
    up = await BookingUp(tmp_path / "home", given=mail_server | mode).start()
    try:
        stack = await up.ready()
        async with AsyncClient(base_url=stack["api"], trust_env=False, timeout=60) as client:
            story = PrivateStory(client)
            await play(story, stack)
            await log_the_slip(stack, up.home)
    finally:
        code = await up.end()
    assert code == 0
    passwords = json.loads((up.home / "secrets").read_text()).values()
    found = list(search(up, [*confidential_words(), *story.tokens, *passwords]))
    # the entry that PostgreSQL was made to log shows that the search finds such words
    assert found == [("postgres.log", ZEBULON.email)]
    assert_logs_are_complete(up, readable=not mode)


async def play(story: PrivateStory, stack: dict[str, Any]) -> None:
    """Play the story, and wait until every mail has been tried."""
    await story.register_all()
    await story.register_wrongly()
    await story.log_in_wrongly()
    await story.send_secrets_in_wrong_places()
    await story.book_and_cancel()
    owner = await asyncpg.connect(stack["owner_database"])
    try:
        await owner.execute(UNKNOWN_RULE)
        await story.break_unknown_rule()
        with pytest.raises(asyncpg.UniqueViolationError):  # a slip at psql
            await owner.execute(SLIP)
        await eventually(partial(owner.fetchval, ALL_TRIED))
    finally:
        await owner.close()


async def log_the_slip(stack: dict[str, Any], home: Path) -> None:
    """Repeat the same slip with PostgreSQL's usual verbosity."""
    port = urlsplit(stack["database"]).port
    password = json.loads((home / "secrets").read_text())["postgres"]
    superuser = await asyncpg.connect(f"postgresql://postgres:{password}@127.0.0.1:{port}/booking")
    try:
        await superuser.execute("SET log_error_verbosity = 'default'")
        with pytest.raises(asyncpg.UniqueViolationError):
            await superuser.execute(SLIP)
    finally:
        await superuser.close()


def search(up: BookingUp, confidential_words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each log with the confidential words and tokens that it contains, in any case."""
    for log in (up.output, *sorted((up.home / "logs").iterdir())):
        written = log.read_bytes()
        yield from ((log.name, found.decode()) for found in TOKENS.findall(written))
        yield from ((log.name, word) for word in confidential_words if word.lower().encode() in written.lower())


def assert_logs_are_complete(up: BookingUp, *, readable: bool) -> None:
    """Check that the searched logs belong to this story, and that each mail names its request."""
    api, worker = ((up.home / "logs" / name).read_text() for name in ("api.log", "worker.log"))
    assert all(event in api for event in ("request_completed", "server_error"))
    assert all(event in worker for event in ("mail_failed", "mail_sent"))
    if readable:
        assert not any(line.startswith("{") for line in (api + worker).splitlines())
        return
    answered, tried = ([json.loads(line) for line in log.splitlines()] for log in (api, worker))
    requests = {line["request"] for line in answered if line["event"] == "request_completed"}
    mails = [line for line in tried if line["event"] in ("mail_sent", "mail_failed")]
    assert {line["request"] for line in mails} <= requests
    failures = {"SMTPRecipientRefused 550", "SMTPDataError 554", "SMTPDataError 451"}
    assert {line["why"] for line in mails if "why" in line} == failures
