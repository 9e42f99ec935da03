"""Captures and reviews during which the slot changes: the payment confirms an appointment, or is refunded."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from tests.support.db.payments import FEE, WAYS, PaymentCase, begun, by_root, capturing, lapse
from tests.support.db.refusals import refused
from tests.support.factories import SLOT, a_slot, book, make_patient
from tests.support.servers.databases import Database

HOUR = timedelta(hours=1)
MOVE = "SELECT * FROM reschedule_as_patient($1, $2, $3)"


@pytest_asyncio.fixture(params=["capturing", "pending_review"])
async def paying(owner: Connection, app: Connection, request: pytest.FixtureRequest) -> PaymentCase:
    """A payment that is being captured, or under review."""
    paying = await WAYS[request.param](owner, app)
    assert await paying.state() == (request.param, "pending")
    return paying


async def expect_back(paying: PaymentCase, appointment: str) -> None:
    """Check that one full refund was requested, and that the patient got a mail about it."""
    assert await paying.state() == ("captured", appointment)
    assert await paying.value("without_slot, refund_total") == (True, FEE)
    assert await paying.refunds() == [(FEE, "slot_lost", "requested")]
    assert await paying.mails() == [("refund_requested", paying.patient)]


@pytest.mark.parametrize(
    "canceled",
    [
        "cancel_as_patient({patient}, {appointment})",
        "cancel_as_doctor({doctor}, {appointment}, NULL, true)",
        "bulk_cancel({doctor}, NULL, NULL, 'ill', true, false)",
        "add_time_off({doctor}, '{start}', '{end}', NULL, true)",
        "replace_working_hours({doctor}, '[]', true)",
    ],
    ids=lambda call: call.partition("(")[0],
)
@pytest.mark.proves("appointment_confirmed_is_paid")
async def test_canceled_meanwhile(paying: PaymentCase, app: Connection, canceled: str) -> None:
    before, _ = await paying.state()
    call = canceled.format(**paying._asdict(), start=a_slot(), end=a_slot(1))
    await app.fetch(f"SELECT * FROM {call}")
    assert await paying.state() == (before, "canceled")
    for _ in range(2):
        await paying.record()
        await expect_back(paying, "canceled")


async def test_canceled_meanwhile_and_nothing_taken(paying: PaymentCase) -> None:
    await paying.cancel()
    await paying.record("DECLINED")
    assert await paying.state() == ("failed", "canceled")
    assert (await paying.refunds(), await paying.mails()) == ([], [])


@pytest.mark.parametrize("swept", [False, True])
@pytest.mark.proves("appointment_confirmed_is_paid")
async def test_lapsed_meanwhile_and_still_free(
    paying: PaymentCase, database: Database, app: Connection, *, swept: bool
) -> None:
    """The worker was down for longer than the hold lasted."""
    await lapse(database, paying.appointment)
    if swept:
        await app.execute("SELECT sweep_doctor($1)", paying.doctor)
    await paying.record()
    assert await paying.state() == ("captured", "confirmed")
    assert await paying.value("appointment_id") > paying.appointment
    assert await paying.refunds() == []


@pytest.mark.proves("appointment_confirmed_is_paid")
async def test_lapsed_meanwhile_and_taken_by_another(
    paying: PaymentCase, database: Database, owner: Connection, app: Connection
) -> None:
    await lapse(database, paying.appointment)
    await book(app, await make_patient(owner), paying.doctor, a_slot())
    await paying.record()
    await expect_back(paying, "expired")


@pytest.mark.proves("appointment_confirmed_is_paid")
async def test_begun_meanwhile(paying: PaymentCase, database: Database) -> None:
    began = datetime.now(UTC) - HOUR
    move = "UPDATE appointment SET during = $2, hold_expires_at = lower($2::tstzrange) WHERE id = $1"
    await by_root(database, move, paying.appointment, asyncpg.Range(began, began + SLOT))
    await paying.record()
    await expect_back(paying, "expired")


async def test_moved_meanwhile(paying: PaymentCase, app: Connection) -> None:
    await app.fetch(MOVE, paying.patient, paying.appointment, a_slot(4))
    await paying.record()
    assert await paying.state() == ("captured", "confirmed")
    assert await paying.value("appointment_id") == paying.appointment


async def test_a_changed_fee_or_cap_has_no_effect(paying: PaymentCase, owner: Connection) -> None:
    await owner.execute("UPDATE doctor SET fee = 1, max_appointments = 0 WHERE account_id = $1", paying.doctor)
    await paying.record()
    assert await paying.state() == ("captured", "confirmed")


async def test_time_off_does_not_cover_what_is_being_paid(owner: Connection, app: Connection) -> None:
    paying = await WAYS["pending_review"](owner, app)
    with refused("time_off_no_appointment"):
        await app.fetch("SELECT FROM add_time_off($1, $2, $3, NULL, false)", paying.doctor, a_slot(), a_slot(1))


@pytest.mark.proves("payment_appointment_payable")
async def test_a_review_keeps_the_slot_as_long_as_the_policy_says(owner: Connection, app: Connection) -> None:
    paying = await WAYS["pending_review"](owner, app)
    assert timedelta(hours=23, minutes=59) < await paying.hold_ends() - datetime.now(UTC) <= 24 * HOUR
    hold = await paying.hold_ends()
    await paying.record("PENDING")  # a repeated status does not extend the hold
    assert await paying.hold_ends() == hold


async def test_a_review_never_keeps_it_beyond_the_start(database: Database, owner: Connection, app: Connection) -> None:
    paying = await capturing(owner, app)
    soon = datetime.now(UTC) + HOUR
    move = "UPDATE appointment SET during = $2 WHERE id = $1"
    await by_root(database, move, paying.appointment, asyncpg.Range(soon, soon + SLOT))
    await paying.record("PENDING")
    assert await paying.hold_ends() == soon


@pytest.mark.proves("payment_appointment_payable")
async def test_a_review_of_a_lapsed_hold_takes_the_slot_again(
    database: Database, owner: Connection, app: Connection
) -> None:
    paying = await capturing(owner, app)
    await lapse(database, paying.appointment)
    await paying.record("PENDING")
    assert await paying.state() == ("pending_review", "pending")
    assert await paying.value("appointment_id") > paying.appointment
    assert await paying.hold_ends() > datetime.now(UTC) + 23 * HOUR


@pytest.mark.proves("payment_appointment_payable")
async def test_a_review_without_a_slot_waits_for_the_verdict(
    database: Database, owner: Connection, app: Connection
) -> None:
    paying = await capturing(owner, app)
    await lapse(database, paying.appointment)
    await book(app, await make_patient(owner), paying.doctor, a_slot())
    await paying.record("PENDING")
    assert await paying.state() == ("pending_review", "expired")
    await paying.record()
    await expect_back(paying, "expired")


@pytest.mark.parametrize("first", ["capturing", "pending_review", "reviewed at once"])
@pytest.mark.proves("payment_appointment_payable")
async def test_a_decline_restores_the_end_of_the_hold(owner: Connection, app: Connection, first: str) -> None:
    paying = await begun(owner, app)
    hold = await paying.hold_ends()
    if first != "reviewed at once":  # begin_capture was not called
        await paying.begin_capture()
    if first != "capturing":
        await paying.record("PENDING")
    await paying.record("DECLINED")
    assert await paying.state() == ("failed", "pending")
    assert await paying.hold_ends() == hold


async def test_declined_after_its_time_the_slot_is_free_at_once(
    database: Database, owner: Connection, app: Connection
) -> None:
    paying = await WAYS["pending_review"](owner, app)
    past = "UPDATE payment SET hold_expires_at = clock_timestamp() - interval '1 s' WHERE id = $1"
    await by_root(database, past, paying.payment)
    await paying.record("DECLINED")
    assert await paying.state() == ("failed", "expired")
    await book(app, await make_patient(owner), paying.doctor, a_slot())
