"""resume_capture: an interrupted capture secures its slot again before it is repeated."""

import asyncio
from datetime import timedelta

import pytest
from asyncpg import Connection

from tests.support.db.payments import WAYS, begun, by_root, capturing, lapse
from tests.support.db.refusals import stale
from tests.support.factories import a_slot, book, make_patient
from tests.support.servers.databases import Database

RESUME = "SELECT * FROM resume_capture($1)"
HOLD_ENDS = "UPDATE appointment SET hold_expires_at = clock_timestamp() + $2::interval WHERE id = $1"


@pytest.mark.proves("payment_appointment_payable")
async def test_a_hold_that_is_being_expired_is_retried(database: Database, owner: Connection, app: Connection) -> None:
    """The patient's booking with another doctor expires the hold without a lock on this doctor."""
    paying = await begun(owner, app)
    await by_root(database, HOLD_ENDS, paying.appointment, timedelta(seconds=1))
    async with owner.transaction():
        await owner.execute("SELECT FROM appointment WHERE id = $1 FOR NO KEY UPDATE", paying.appointment)
        beginning = asyncio.ensure_future(paying.begin_capture())
        await asyncio.wait([beginning], timeout=1.1)
        await owner.execute("UPDATE appointment SET status = 'expired' WHERE id = $1", paying.appointment)
    with stale():
        await beginning
    assert (await paying.begin_capture())["request_id"]
    assert await paying.value("appointment_id") > paying.appointment


async def test_a_capture_that_was_cut_short_goes_on(owner: Connection, app: Connection) -> None:
    paying = await capturing(owner, app)
    request, hold = await paying.value("capture_request_id, hold_expires_at")
    (resumed,) = await app.fetch(RESUME, paying.payment)
    assert tuple(resumed) == (request, None, None)
    assert await paying.value("status, hold_expires_at") == ("capturing", hold)


@pytest.mark.proves("payment_appointment_payable")
async def test_it_goes_on_in_a_slot_that_is_taken_again(database: Database, owner: Connection, app: Connection) -> None:
    paying = await capturing(owner, app)
    await lapse(database, paying.appointment)
    (resumed,) = await app.fetch(RESUME, paying.payment)
    assert tuple(resumed) == (await paying.value("capture_request_id"), None, None)
    assert await paying.value("appointment_id") > paying.appointment
    assert await paying.state() == ("capturing", "pending")


async def test_it_ends_where_the_slot_is_gone(database: Database, owner: Connection, app: Connection) -> None:
    paying = await capturing(owner, app)
    await lapse(database, paying.appointment)
    await book(owner, await make_patient(owner), paying.doctor, a_slot())
    (resumed,) = await app.fetch(RESUME, paying.payment)
    assert tuple(resumed)[:2] == (None, "appointment_doctor_no_overlap")
    assert await paying.state() == ("failed", "expired")
    assert await paying.mails() == [("payment_too_late", paying.patient)]


@pytest.mark.proves("payment_appointment_payable")
async def test_it_ends_where_the_appointment_is_canceled(owner: Connection, app: Connection) -> None:
    paying = await capturing(owner, app)
    await app.fetch("SELECT * FROM cancel_as_patient($1, $2)", paying.patient, paying.appointment)
    (resumed,) = await app.fetch(RESUME, paying.payment)
    assert tuple(resumed)[:2] == (None, "payment_appointment_payable")
    assert await paying.state() == ("failed", "canceled")


@pytest.mark.parametrize("status", [status for status in WAYS if status != "capturing"])
async def test_only_a_capture_in_progress_is_resumed(owner: Connection, app: Connection, status: str) -> None:
    paying = await WAYS[status](owner, app)
    before = await paying.state()
    assert await app.fetchrow(RESUME, paying.payment) is None
    assert await paying.state() == before
