"""Payments that end without a capture: declined, refused by PayPal, given up, or canceled with their appointment."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from asyncpg import Connection

from tests.support.db.payments import WAYS, PaymentCase, begun, by_root, capturing, lapse
from tests.support.db.refusals import refused
from tests.support.factories import a_slot, book, make_patient
from tests.support.servers.databases import Database

DECLINE = "SELECT record_decline($1, $2, $3)"
GIVE_UP = "SELECT * FROM give_up_hold($1, $2)"
END = "SELECT end_payment($1, $2)"
SOON = "UPDATE appointment SET hold_expires_at = clock_timestamp() + interval '1 min' WHERE id = $1"
ENDED = ("refunded", "canceled", "failed")


async def soon_capturing(database: Database, owner: Connection, app: Connection) -> PaymentCase:
    """Begin to capture in the last minute of a hold, which extends the hold."""
    paying = await begun(owner, app)
    await by_root(database, SOON, paying.appointment)
    await paying.begin_capture()
    return paying


async def test_a_decline_allows_another_card(database: Database, owner: Connection, app: Connection) -> None:
    paying = await soon_capturing(database, owner, app)
    first, would_end = await paying.value("capture_request_id, hold_expires_at")
    assert await paying.hold_ends() > would_end
    await app.execute(DECLINE, paying.payment, first, "https://example.com/another-card")
    assert await paying.hold_ends() == would_end
    assert await paying.value("status, approval_url") == (
        "created",
        "https://example.com/another-card",
    )
    start = await paying.begin_capture()
    assert start["request_id"] not in {None, first}  # PayPal would repeat its decline for the first
    await paying.record()
    assert await paying.state() == ("captured", "confirmed")


async def test_a_decline_without_an_address_keeps_the_old_one(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    await paying.order()
    start = await paying.begin_capture()
    await app.execute(DECLINE, paying.payment, start["request_id"], None)
    assert await paying.value("approval_url") == "https://example.com/approve"


@pytest.mark.proves("payment_status_transition")
async def test_a_decline_of_an_earlier_attempt_is_ignored(owner: Connection, app: Connection) -> None:
    paying = await capturing(owner, app)
    await app.execute(DECLINE, paying.payment, uuid4(), None)
    assert await paying.state() == ("capturing", "pending")


@pytest.mark.parametrize("status", [status for status in WAYS if status != "capturing"])
async def test_only_a_capture_in_progress_is_declined(owner: Connection, app: Connection, status: str) -> None:
    paying = await WAYS[status](owner, app)
    before = await paying.state()
    request = await paying.value("capture_request_id")
    await app.execute(DECLINE, paying.payment, request, None)
    assert await paying.state() == before


async def test_a_refused_capture_ends_its_hold(database: Database, owner: Connection, app: Connection) -> None:
    paying = await soon_capturing(database, owner, app)
    await app.execute(END, paying.payment, "PayPal refused the capture: COMPLIANCE_VIOLATION")
    assert await paying.state() == ("failed", "pending")
    assert await paying.hold_ends() == await paying.value("hold_expires_at")
    assert "COMPLIANCE_VIOLATION" in await paying.attention()


@pytest.mark.parametrize("status", ["pending_review", "captured", "partially_refunded", *ENDED])
async def test_a_captured_or_ended_payment_stays(owner: Connection, app: Connection, status: str) -> None:
    paying = await WAYS[status](owner, app)
    before = await paying.state()
    await app.execute(END, paying.payment, "too late")
    assert await paying.state() == before
    assert await paying.attention() is None


async def test_a_hold_is_given_up_however_near_its_start(owner: Connection, app: Connection) -> None:
    """It is too late to cancel the appointment."""
    paying = await begun(owner, app, start=a_slot(after=timedelta(hours=5)))
    with refused("appointment_cancel_notice"):
        await paying.cancel()
    order_id = await paying.order()
    (row,) = await app.fetch(GIVE_UP, paying.patient, order_id)
    assert (row["payment_id"], row["status"]) == (paying.payment, "canceled")
    assert await paying.state() == ("canceled", "canceled")
    assert await owner.fetchval("SELECT canceled_by FROM appointment WHERE id = $1", paying.appointment) == "patient"
    assert await app.fetchrow(GIVE_UP, paying.patient, order_id) == row  # repeating it has no further effect
    await book(app, await make_patient(owner), paying.doctor, a_slot(after=timedelta(hours=5)))


@pytest.mark.proves("payment_status_transition")
async def test_a_hold_is_given_up_after_a_failed_payment(owner: Connection, app: Connection) -> None:
    paying = await WAYS["failed"](owner, app)
    await app.fetch(GIVE_UP, paying.patient, await paying.order())
    assert await paying.state() == ("failed", "canceled")


@pytest.mark.parametrize("status", ["capturing", "pending_review", "captured", "partially_refunded", "refunded"])
@pytest.mark.proves("payment_status_transition")
async def test_a_capture_cannot_be_given_up(owner: Connection, app: Connection, status: str) -> None:
    """Otherwise a patient could cancel for a refund at any time."""
    paying = await WAYS[status](owner, app)
    before = await paying.state()
    order_id = await paying.order()
    with refused("payment_status_transition"):
        await app.fetch(GIVE_UP, paying.patient, order_id)
    assert await paying.state() == before


@pytest.mark.parametrize("status", ["capturing", "pending_review", "captured"])
@pytest.mark.proves("payment_status_transition")
async def test_a_payment_does_not_give_up_what_another_pays(owner: Connection, app: Connection, status: str) -> None:
    paying = await begun(owner, app, start=a_slot(after=timedelta(hours=5)))
    order_id, second = await paying.order(), await paying.another()
    await second.begin_capture()
    if status != "capturing":
        await second.record("PENDING" if status == "pending_review" else "COMPLETED")
    with refused("payment_status_transition"):
        await app.fetch(GIVE_UP, paying.patient, order_id)
    appointment = "confirmed" if status == "captured" else "pending"
    assert await second.state() == (status, appointment)
    assert await paying.state() == ("created", appointment)


async def test_another_patient_s_payment_is_not_found(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    assert await app.fetch(GIVE_UP, await make_patient(owner), await paying.order()) == []
    assert await app.fetch(GIVE_UP, paying.patient, "NOBODY'S") == []
    assert await paying.state() == ("created", "pending")


async def test_a_lapsed_hold_needs_no_giving_up(database: Database, owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    order_id = await paying.order()
    await lapse(database, paying.appointment)
    await app.fetch(GIVE_UP, paying.patient, order_id)
    assert await paying.state() == ("canceled", "expired")
    assert await paying.mails() == []  # the patient asked for it


@pytest.mark.parametrize("status", ["created", "approved"])
@pytest.mark.proves("tg_appointment__outbox")
async def test_a_canceled_appointment_is_no_longer_payable(owner: Connection, app: Connection, status: str) -> None:
    paying = await WAYS[status](owner, app)
    await paying.cancel()
    assert await paying.state() == ("canceled", "canceled")
    assert await paying.begin_capture() is None


async def test_a_payment_that_never_ends_holds_nothing(database: Database, owner: Connection, app: Connection) -> None:
    """The process that captured it has died, and the worker is down."""
    paying = await soon_capturing(database, owner, app)
    assert await paying.hold_ends() < datetime.now(UTC) + timedelta(minutes=11)
    await lapse(database, paying.appointment)
    await book(app, await make_patient(owner), paying.doctor, a_slot())
    assert await paying.state() == ("capturing", "expired")
