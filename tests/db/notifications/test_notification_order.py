"""Mails about appointments are sent to each account in the order of events; admins see and requeue failed ones."""

import asyncio

from asyncpg import Connection

from tests.support.factories import a_slot, book, make_doctor, make_patient

CLAIM = "SELECT * FROM claim_notification($1, interval '1 minute', '\\x00')"
LATER = "SELECT notification_failed($1, '450 later', false)"
NEVER = "SELECT notification_failed($1, '550 no such user', true)"
TO_ACCOUNT = "SELECT id FROM notification WHERE account_id = $1 AND kind <> 'appointment_reminder' ORDER BY id"
WHEN = "SELECT due_at FROM notification WHERE id = $1"
UNDELIVERED = "SELECT id, status, attempts, outcome FROM admin.undelivered WHERE account_id = $1 ORDER BY id"
HURRY = "UPDATE notification SET due_at = now() WHERE account_id = $1 AND status = 'queued'"


async def two_confirmations(owner: Connection, app: Connection) -> tuple[int, int, int]:
    """Book two slots; return the patient, and the ids of the patient's mails."""
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    for slot in range(2):
        await book(app, patient, doctor, a_slot(slot))
    first, second = [row["id"] for row in await owner.fetch(TO_ACCOUNT, patient)]
    return patient, first, second


async def test_a_mail_waits_for_an_earlier_one_to_be_tried_again(owner: Connection, app: Connection) -> None:
    patient, first, second = await two_confirmations(owner, app)
    assert await app.fetch(CLAIM, first)
    assert await app.fetch(CLAIM, second) == []  # the first is being sent
    await app.execute(LATER, first)
    await owner.execute("UPDATE notification SET due_at = now() WHERE id = $1", second)
    assert await app.fetch(CLAIM, second) == []
    assert await owner.fetchval(WHEN, second) == await owner.fetchval(WHEN, first)  # it is not tried earlier
    await owner.execute(HURRY, patient)
    assert await app.fetch(CLAIM, first)
    await app.execute("SELECT notification_sent($1)", first)
    await owner.execute(HURRY, patient)
    assert await app.fetch(CLAIM, second)


async def test_a_mail_does_not_wait_for_failed_or_outdated_ones(owner: Connection, app: Connection) -> None:
    _, first, second = await two_confirmations(owner, app)
    await app.fetch(CLAIM, first)
    await app.execute(NEVER, first)
    assert await app.fetch(CLAIM, second)
    patient, first, second = await two_confirmations(owner, app)
    await app.fetch(CLAIM, first)
    await app.execute(LATER, first)
    canceled = await owner.fetchval("SELECT appointment_id FROM notification WHERE id = $1", first)
    await app.fetch("SELECT * FROM cancel_as_patient($1, $2)", patient, canceled)
    assert await app.fetch(CLAIM, second)


async def test_a_code_waits_for_nothing(owner: Connection, app: Connection) -> None:
    patient, first, second = await two_confirmations(owner, app)
    await app.fetch(CLAIM, first)
    await app.execute("SELECT change_password($1, '-', 'new')", patient)
    code = (await owner.fetch(TO_ACCOUNT, patient))[-1]["id"]
    assert await app.fetch(CLAIM, code)
    await app.execute(LATER, code)
    await app.execute("SELECT notification_sent($1)", first)
    assert await app.fetch(CLAIM, second)


async def test_an_admin_requeues_undelivered_mails(owner: Connection, app: Connection, admin: Connection) -> None:
    patient, first, second = await two_confirmations(owner, app)
    await app.fetch(CLAIM, first)
    await app.execute(NEVER, first)
    await app.fetch(CLAIM, second)
    await app.execute(LATER, second)
    rings: asyncio.Queue[str] = asyncio.Queue()
    await owner.add_listener("booking_outbox", lambda *_: rings.put_nowait(""))
    assert [tuple(row) for row in await admin.fetch(UNDELIVERED, patient)] == [
        (first, "failed", 1, "550 no such user"),
        (second, "queued", 1, "450 later"),
    ]
    await admin.execute("SELECT admin.requeue_notification($1)", first)
    await asyncio.wait_for(rings.get(), 10)
    assert await app.fetch(CLAIM, first)
    await app.execute("SELECT notification_sent($1)", first)
    assert [row["id"] for row in await owner.fetch(UNDELIVERED, patient)] == [second]
