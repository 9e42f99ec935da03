"""The mail server is away, refuses, or takes its time: mails wait or fail, and none goes out twice."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import asyncpg
import pytest_asyncio

from tests.support.factories import make_patient, make_patients
from tests.support.mail.faulty_mailboxes import FaultyMailbox
from tests.support.mail.scenarios import (
    address,
    cancel,
    cancel_while_waiting,
    full_doctor,
    is_settled,
    join,
    make_mails_due,
    rows,
)
from tests.support.servers.tcp_proxy import TcpProxy
from tests.support.servers.worker_process import eventually
from tests.workers.conftest import StartWorker


@pytest_asyncio.fixture
async def mailbox() -> AsyncIterator[FaultyMailbox]:
    box = FaultyMailbox()
    await box.start()
    yield box
    box.at_ease.set()
    await box.stop()


async def test_mails_wait_while_the_server_is_away(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: FaultyMailbox, make_worker: StartWorker
) -> None:
    async with TcpProxy(f"smtp://127.0.0.1:{mailbox.smtp_port}", default_port=25) as tcp_proxy:
        booked_up = await cancel_while_waiting(await make_patient(owner), owner, app)
        await make_worker(EMAIL_PORT=str(tcp_proxy.port)).start()

        async def all_have_failed() -> bool:
            return all(row["outcome"] for row in await rows(owner, booked_up))

        await eventually(all_have_failed)
        for row in await rows(owner, booked_up):
            assert (row["status"], row["outcome"], row["later"]) == ("queued", "SMTPConnectError", True)
        await tcp_proxy.open()
        await make_mails_due(owner)
        await eventually(partial(is_settled, owner))
    assert {row["status"] for row in await rows(owner, booked_up)} == {"sent"}
    assert len(mailbox.messages) == 3


async def test_a_server_that_hangs_is_given_up_and_tried_again(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: FaultyMailbox, make_worker: StartWorker
) -> None:
    async with TcpProxy(f"smtp://127.0.0.1:{mailbox.smtp_port}", default_port=25) as tcp_proxy:
        await tcp_proxy.open()
        tcp_proxy.flowing.clear()
        booked_up = await cancel_while_waiting(await make_patient(owner), owner, app)
        worker = make_worker(EMAIL_PORT=str(tcp_proxy.port))
        await worker.start()

        async def one_has_failed() -> bool:
            return any(row["outcome"] for row in await rows(owner, booked_up))

        await eventually(one_has_failed)
        assert {row["outcome"] for row in await rows(owner, booked_up)} <= {
            None,
            "TimeoutError",
            "SMTPConnectTimeoutError",
        }
        tcp_proxy.flowing.set()
        await make_mails_due(owner)
        await eventually(partial(is_settled, owner))
    assert {row["status"] for row in await rows(owner, booked_up)} == {"sent"}
    assert {message.message_id for message in mailbox.messages} == {
        f"<{row['message_id']}@clinic.example>" for row in await rows(owner, booked_up)
    }


async def test_a_refusal_for_now_is_tried_again_with_the_same_message_id(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: FaultyMailbox, make_worker: StartWorker
) -> None:
    waiting = await make_patient(owner)
    mailbox.later.add(await address(owner, waiting))
    booked_up = await cancel_while_waiting(waiting, owner, app)
    await make_worker().start()

    async def refused() -> asyncpg.Record | None:
        row = (await rows(owner, booked_up))[-1]
        return row if row["outcome"] else None

    row = await eventually(refused)
    assert row is not None
    assert (row["status"], row["outcome"], row["later"]) == ("queued", "SMTPDataError 451", True)
    mailbox.later.clear()
    await make_mails_due(owner)
    await eventually(partial(is_settled, owner))
    assert {row["status"] for row in await rows(owner, booked_up)} == {"sent"}
    assert len(mailbox.messages) == 3
    assert {mailbox.messages[-1].message_id} == set(mailbox.turned_away) == {f"<{row['message_id']}@clinic.example>"}


async def test_a_refusal_for_good_is_not_tried_again_and_holds_up_no_other(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: FaultyMailbox, make_worker: StartWorker
) -> None:
    unknown, unwanted, last = await make_patients(owner, 3)
    mailbox.unknown.add(await address(owner, unknown))
    mailbox.unwanted.add(await address(owner, unwanted))
    booked_up = await full_doctor(owner, app)
    for patient in (unknown, unwanted, last):
        await join(owner, patient, booked_up.doctor)
    await cancel(app, booked_up)
    worker = make_worker()
    await worker.start()
    await eventually(partial(is_settled, owner))
    assert [(row["status"], row["outcome"]) for row in await rows(owner, booked_up)] == [
        ("sent", None),
        ("sent", None),
        ("failed", "SMTPRecipientRefused 550"),
        ("failed", "SMTPDataError 554"),
        ("sent", None),
    ]
    told = [await address(owner, row["account_id"]) for row in await rows(owner, booked_up) if row["status"] == "sent"]
    assert await address(owner, last) in told
    assert sorted(message.to for message in mailbox.messages) == sorted(told)
    lines = await worker.wait_for_log("mail_failed", 2)
    assert {line["why"] for line in lines} == {"SMTPRecipientRefused 550", "SMTPDataError 554"}
    assert len(lines) == 2
    assert "@" not in str(lines)


async def test_a_persons_mails_keep_their_order_when_one_has_to_be_tried_again(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: FaultyMailbox, make_worker: StartWorker
) -> None:
    waiting = await make_patient(owner)
    mailbox.later.add(await address(owner, waiting))
    first = await cancel_while_waiting(waiting, owner, app)
    await make_worker().start()

    async def refused() -> bool:
        return (await rows(owner, first))[-1]["outcome"] is not None

    await eventually(refused)
    mailbox.later.clear()
    second = await cancel_while_waiting(waiting, owner, app, 1)

    async def others_are_sent() -> bool:
        return [row["status"] for row in await rows(owner, second)] == ["sent", "sent", "queued"]

    await eventually(others_are_sent)
    await eventually(partial(is_settled, owner))
    ids = [message.message_id for message in mailbox.messages if message.to == await address(owner, waiting)]
    assert ids == [
        f"<{(await rows(owner, booked_up))[-1]['message_id']}@clinic.example>" for booked_up in (first, second)
    ]


async def test_connections_are_used_again_and_bounded(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: FaultyMailbox, make_worker: StartWorker
) -> None:
    mailbox.at_ease.clear()
    await make_worker(EMAIL_CONNECTIONS="2").start()
    for slot in range(6):
        await cancel(app, await full_doctor(owner, app, slot))
    await eventually(partial(mailbox.has_begun, 2))
    await asyncio.sleep(1)  # whoever else would begin has done so by now
    assert mailbox.begun == 2
    mailbox.at_ease.set()
    await eventually(partial(is_settled, owner))
    assert len(mailbox.messages) == 12
    assert mailbox.sessions == 2


async def test_a_connection_that_was_cut_while_it_was_kept_fails_no_mail(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: FaultyMailbox, make_worker: StartWorker
) -> None:
    async with TcpProxy(f"smtp://127.0.0.1:{mailbox.smtp_port}", default_port=25) as tcp_proxy:
        await tcp_proxy.open()
        await make_worker(EMAIL_PORT=str(tcp_proxy.port), EMAIL_CONNECTIONS="1").start()
        await cancel_while_waiting(await make_patient(owner), owner, app)
        await eventually(partial(is_settled, owner))
        await tcp_proxy.disconnect_all()
        await tcp_proxy.open()
        await cancel_while_waiting(await make_patient(owner), owner, app, 1)
        await eventually(partial(is_settled, owner))
    assert not await owner.fetch("SELECT FROM notification WHERE attempts > 1")
    assert mailbox.sessions == 2
