"""When the mail server is down, refuses or hangs, mails are retried or fail, and none is sent twice."""

import asyncio
from functools import partial

import asyncpg
import pytest

from tests.support.factories import make_patient, make_patients
from tests.support.mail.faulty_mailboxes import FaultyMailbox
from tests.support.mail.scenarios import FullDoctor, MailScenario
from tests.support.servers.tcp_proxy import TcpProxy
from tests.support.servers.worker_process import eventually, eventually_is


@pytest.fixture
def smtp_proxy(mailbox: FaultyMailbox) -> TcpProxy:
    """A proxy to the mail server, closed at first."""
    return TcpProxy(f"smtp://127.0.0.1:{mailbox.smtp_port}", default_port=25)


async def failed(scenario: MailScenario, booked_up: FullDoctor, number: int = 1) -> list[asyncpg.Record]:
    """Wait until that many mails have failed; return their rows."""

    async def rows() -> list[asyncpg.Record]:
        found = [row for row in await scenario.rows(booked_up) if row["outcome"]]
        return found if len(found) >= number else []

    return await eventually(rows)


async def test_mails_wait_while_the_server_is_away(smtp_proxy: TcpProxy, scenario: MailScenario) -> None:
    async with smtp_proxy:
        booked_up = await scenario.cancel_while_waiting()
        await scenario.start_worker(EMAIL_PORT=str(smtp_proxy.port))
        for row in await failed(scenario, booked_up, 3):
            assert (row["status"], row["outcome"], row["later"]) == ("queued", "SMTPConnectError", True)
        await smtp_proxy.open()
        await scenario.make_mails_due()
        messages = await scenario.settled()
    assert set(await scenario.statuses(booked_up)) == {"sent"}
    assert len(messages) == 3


async def test_a_server_that_hangs_is_given_up_and_tried_again(smtp_proxy: TcpProxy, scenario: MailScenario) -> None:
    async with smtp_proxy:
        await smtp_proxy.open()
        smtp_proxy.flowing.clear()
        booked_up = await scenario.cancel_while_waiting()
        await scenario.start_worker(EMAIL_PORT=str(smtp_proxy.port))
        outcomes = {row["outcome"] for row in await failed(scenario, booked_up)}
        assert outcomes <= {"TimeoutError", "SMTPConnectTimeoutError"}
        smtp_proxy.flowing.set()
        await scenario.make_mails_due()
        messages = await scenario.settled()
    assert set(await scenario.statuses(booked_up)) == {"sent"}
    assert {message.message_id for message in messages} == set(await scenario.message_ids(booked_up))


async def test_a_temporary_refusal_is_retried_with_the_same_message_id(
    mailbox: FaultyMailbox, scenario: MailScenario
) -> None:
    waiting = await make_patient(scenario.owner)
    mailbox.later.add(await scenario.address(waiting))
    booked_up = await scenario.cancel_while_waiting(waiting)
    await scenario.start_worker()
    (row,) = await failed(scenario, booked_up)
    assert (row["status"], row["outcome"], row["later"]) == ("queued", "SMTPDataError 451", True)
    mailbox.later.clear()
    await scenario.make_mails_due()
    messages = await scenario.settled()
    assert set(await scenario.statuses(booked_up)) == {"sent"}
    assert len(messages) == 3
    assert {messages[-1].message_id} == set(mailbox.refused_ids) == {(await scenario.message_ids(booked_up))[-1]}


async def test_a_permanent_refusal_is_not_retried_and_does_not_delay_others(
    mailbox: FaultyMailbox, scenario: MailScenario
) -> None:
    unknown, unwanted, last = await make_patients(scenario.owner, 3)
    mailbox.unknown.add(await scenario.address(unknown))
    mailbox.unwanted.add(await scenario.address(unwanted))
    booked_up = await scenario.full_doctor()
    for patient in (unknown, unwanted, last):
        await scenario.join(patient, booked_up.doctor)
    await scenario.cancel(booked_up)
    worker = await scenario.start_worker()
    messages = await scenario.settled()
    assert [outcome[1:] for outcome in await scenario.outcomes(booked_up)] == [
        (booked_up.holder, "sent", None),
        (booked_up.doctor, "sent", None),
        (unknown, "failed", "SMTPRecipientRefused 550"),
        (unwanted, "failed", "SMTPDataError 554"),
        (last, "sent", None),
    ]
    recipients = [await scenario.address(account) for account in (booked_up.holder, booked_up.doctor, last)]
    assert sorted(message.to for message in messages) == sorted(recipients)
    lines = await worker.wait_for_log("mail_failed", 2)
    assert {line["why"] for line in lines} == {"SMTPRecipientRefused 550", "SMTPDataError 554"}
    assert len(lines) == 2
    assert "@" not in str(lines)


async def test_a_persons_mails_keep_their_order_when_one_has_to_be_tried_again(
    mailbox: FaultyMailbox, scenario: MailScenario
) -> None:
    waiting = await make_patient(scenario.owner)
    mailbox.later.add(await scenario.address(waiting))
    first = await scenario.cancel_while_waiting(waiting)
    await scenario.start_worker()
    await failed(scenario, first)
    mailbox.later.clear()
    second = await scenario.cancel_while_waiting(waiting, slot=1)
    await eventually_is(["sent", "sent", "queued"], lambda: scenario.statuses(second))
    ids = [message.message_id for message in await scenario.messages_to(waiting)]
    assert ids == [(await scenario.message_ids(booked_up))[-1] for booked_up in (first, second)]


async def test_connections_are_reused_and_limited(mailbox: FaultyMailbox, scenario: MailScenario) -> None:
    mailbox.accepting.clear()
    await scenario.start_worker(EMAIL_CONNECTIONS="2")
    for slot in range(6):
        await scenario.cancel(await scenario.full_doctor(slot))
    await eventually(partial(mailbox.has_begun, 2))
    await asyncio.sleep(1)  # time for further connections, which must not come
    assert mailbox.begun == 2
    mailbox.accepting.set()
    assert len(await scenario.settled()) == 12
    assert mailbox.sessions == 2


async def test_an_idle_connection_that_was_cut_fails_no_mail(
    smtp_proxy: TcpProxy, mailbox: FaultyMailbox, scenario: MailScenario
) -> None:
    async with smtp_proxy:
        await smtp_proxy.open()
        await scenario.start_worker(EMAIL_PORT=str(smtp_proxy.port), EMAIL_CONNECTIONS="1")
        await scenario.cancel_while_waiting()
        await scenario.settled()
        await smtp_proxy.disconnect_all()
        await smtp_proxy.open()
        await scenario.cancel_while_waiting(slot=1)
        await scenario.settled()
    assert not await scenario.owner.fetch("SELECT FROM notification WHERE attempts > 1")
    assert mailbox.sessions == 2
