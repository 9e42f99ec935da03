"""Mails about the waitlist are sent in order, and only while the patient waits. Confirmations show the payment."""

import pytest
from asyncpg import Connection

from tests.support.db.offers import CANCEL, DECLINE, JOIN, SWEEP, freed_slot, full_doctor
from tests.support.db.offers import CLAIM as CLAIM_OFFER
from tests.support.db.payments import by_root, captured
from tests.support.db.refusals import undone
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.servers.databases import Database

MAILS = "SELECT id, kind, status, outcome FROM notification WHERE account_id = $1 ORDER BY id"
CLAIM = "SELECT * FROM claim_notification($1, interval '1 minute', '\\x00')"
HURRY = "UPDATE notification SET due_at = now() WHERE account_id = $1 AND status = 'queued'"
CONFIRMED = (
    "SELECT id FROM notification WHERE appointment_id = $1 AND account_id = $2 AND kind = 'appointment_confirmed'"
)


async def mails_of(db: Connection, account: int) -> list[tuple[str, str]]:
    """Return an account's mails as (kind, status)."""
    return [(row["kind"], row["status"]) for row in await db.fetch(MAILS, account)]


@pytest.mark.proves("tg_waitlist_entry__outbox")
async def test_joining_is_mailed_with_the_place_in_line(owner: Connection, app: Connection) -> None:
    doctor, _, _ = await full_doctor(owner)
    first, second = await make_patient(owner), await make_patient(owner)
    day = a_slot().date()
    for patient, desired in ((first, None), (second, day)):
        async with undone(app):
            await app.fetch(JOIN, patient, doctor, desired)
        assert await mails_of(owner, patient) == []
        entry = await app.fetchval(JOIN, patient, doctor, desired)
        ((mail, kind, _, _),) = await owner.fetch(MAILS, patient)
        (message,) = await app.fetch(CLAIM, mail)
        assert (kind, message["doctor"], message["waitlist_entry"]) == ("waitlist_joined", f"Dr {doctor}", entry)
        assert (message["position"], message["desired_date"]) == (1 if patient == first else 2, desired)


async def test_no_mail_about_joining_after_leaving(owner: Connection, app: Connection) -> None:
    doctor, _, _ = await full_doctor(owner)
    left, paused = await make_patient(owner), await make_patient(owner)
    for patient, change in ((left, "leave_waitlist"), (paused, "pause_waitlist")):
        entry = await app.fetchval(JOIN, patient, doctor, None)
        await app.fetch(f"SELECT * FROM {change}($1, $2)", patient, entry)
    ((mail, *_),) = await owner.fetch(MAILS, left)
    assert await app.fetch(CLAIM, mail) == []
    assert [tuple(row)[2:] for row in await owner.fetch(MAILS, left)] == [("skipped", "the waitlist entry has ended")]
    ((mail, *_),) = await owner.fetch(MAILS, paused)
    assert await app.fetch(CLAIM, mail)


async def test_an_offer_does_not_come_before_the_mail_about_joining(owner: Connection, app: Connection) -> None:
    doctor, holder, (appointment,) = await full_doctor(owner)
    patient = await make_patient(owner)
    await app.fetch(JOIN, patient, doctor, None)
    await app.fetch(CANCEL, holder, appointment)
    joined, offered = await owner.fetch(MAILS, patient)
    assert [joined["kind"], offered["kind"]] == ["waitlist_joined", "slot_offered"]
    assert await app.fetch(CLAIM, joined["id"])
    await app.execute("SELECT notification_failed($1, '450 later', false)", joined["id"])
    assert await app.fetch(CLAIM, offered["id"]) == []
    await owner.execute(HURRY, patient)
    assert await app.fetch(CLAIM, joined["id"])
    await app.execute("SELECT notification_sent($1)", joined["id"])
    await owner.execute(HURRY, patient)
    assert await app.fetch(CLAIM, offered["id"])


async def deliver(db: Connection, app: Connection, account: int) -> None:
    """Send an account's mails."""
    for row in await db.fetch(MAILS, account):
        if await app.fetch("SELECT FROM claim_notification($1, interval '1 minute')", row["id"]):
            await app.execute("SELECT notification_sent($1)", row["id"])


@pytest.mark.proves("tg_offer__entry")
async def test_a_superseded_offer_is_mailed_if_it_was_sent(owner: Connection, app: Connection) -> None:
    _, made = await freed_slot(owner, 3)
    claims, heard, unaware = made
    for patient in (claims, heard):
        await deliver(owner, app, patient)
    await app.fetch(CLAIM_OFFER, claims, made[claims])
    await deliver(owner, app, unaware)
    mails = {patient: (await mails_of(owner, patient))[1:] for patient in made}
    assert mails == {
        claims: [("slot_offered", "sent"), ("appointment_confirmed", "queued")],
        heard: [("slot_offered", "sent"), ("offer_superseded", "queued")],
        unaware: [("slot_offered", "skipped")],
    }


@pytest.mark.proves("tg_offer__entry")
async def test_an_expired_offer_is_mailed_unless_declined(
    owner: Connection, app: Connection, database: Database
) -> None:
    doctor, made = await freed_slot(owner, 2)
    declines, silent = made
    for patient in made:
        await deliver(owner, app, patient)
    await app.fetch(DECLINE, declines, made[declines])
    await by_root(database, "UPDATE offer SET expires_at = now(), due_at = now()")
    await app.execute(SWEEP, doctor)
    kinds = {patient: [kind for kind, _ in await mails_of(owner, patient)] for patient in made}
    assert kinds == {
        declines: ["waitlist_joined", "slot_offered"],
        silent: ["waitlist_joined", "slot_offered", "offer_expired"],
    }


async def test_a_confirmation_shows_the_payment(owner: Connection, app: Connection) -> None:
    paying = await captured(owner, app)
    patient, free = await make_patient(owner), await make_doctor(owner, fee=0)
    visit = await book(app, patient, free, a_slot())
    receipts = []
    for appointment, account in ((paying.appointment, paying.patient), (visit, patient)):
        (message,) = await app.fetch(CLAIM, await owner.fetchval(CONFIRMED, appointment, account))
        receipts.append((message["paid"], message["capture_id"]))
    assert receipts == [("100.00 USD", f"CAPTURE-{paying.payment}"), (None, None)]
