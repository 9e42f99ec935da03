"""begin_capture secures the slot before a capture: it extends the hold or books a lapsed slot again, or refuses."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.payments import FEE, WAYS, PaymentCase, begun, by_root, capturing, create, lapse
from tests.support.factories import SLOT, a_slot, book, make_doctor, make_patient, past_appointment
from tests.support.servers.databases import Database

HOLD_ENDS = "UPDATE appointment SET hold_expires_at = clock_timestamp() + $2::interval WHERE id = $1"
MINUTE = timedelta(minutes=1)
In = Callable[[Connection, PaymentCase], Coroutine[Any, Any, Any]]


@pytest.mark.proves("payment_appointment_payable")
async def test_a_capture_keeps_the_slot_for_ten_minutes(database: Database, owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    await by_root(database, HOLD_ENDS, paying.appointment, MINUTE)
    would_end = await paying.hold_ends()
    start = await paying.begin_capture()
    assert start["request_id"] == await paying.value("capture_request_id")
    assert (start["rule"], start["why"]) == (None, None)
    assert await paying.value("status, payer_id, hold_expires_at") == ("capturing", "PAYER", would_end)
    assert timedelta(minutes=9) < await paying.hold_ends() - datetime.now(UTC) <= timedelta(minutes=10)


async def test_a_longer_hold_stays_as_long(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    hold = await paying.hold_ends()
    await paying.begin_capture()
    assert await paying.hold_ends() == hold


async def test_no_hold_outlasts_its_start(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    start = datetime.now(UTC) + 5 * MINUTE
    appointment = await past_appointment(root, doctor, patient, start=start, hold_expires_at=start - MINUTE, fee=FEE)
    paying = PaymentCase(owner, app, patient, appointment, await create(app, patient, appointment))
    await paying.begin_capture()
    assert await paying.hold_ends() == start


@pytest.mark.parametrize("swept", [False, True])
async def test_a_free_lapsed_slot_is_booked_again(
    database: Database, owner: Connection, app: Connection, *, swept: bool
) -> None:
    paying = await begun(owner, app)
    await lapse(database, paying.appointment)
    if swept:
        await app.execute("SELECT sweep_doctor($1)", paying.doctor)
    assert (await paying.begin_capture())["request_id"]
    again = await paying.value("appointment_id")
    assert again > paying.appointment
    rows = await owner.fetch(
        "SELECT id, status, patient_id, lower(during) FROM appointment WHERE doctor_id = $1 ORDER BY id", paying.doctor
    )
    assert [tuple(row) for row in rows] == [
        (paying.appointment, "expired", paying.patient, a_slot()),
        (again, "pending", paying.patient, a_slot()),
    ]
    assert await paying.state() == ("capturing", "pending")
    assert await paying.hold_ends() == await paying.value("hold_expires_at")


async def _taken(owner: Connection, paying: PaymentCase) -> None:
    await book(owner, await make_patient(owner), paying.doctor, a_slot())


async def _booked_again(owner: Connection, paying: PaymentCase) -> None:
    await book(owner, paying.patient, paying.doctor, a_slot())


async def _elsewhere(owner: Connection, paying: PaymentCase) -> None:
    await book(owner, paying.patient, await make_doctor(owner), a_slot())


async def _away(owner: Connection, paying: PaymentCase) -> None:
    day = asyncpg.Range(a_slot(), a_slot(1))
    await owner.execute("INSERT INTO time_off (doctor_id, during) VALUES ($1, $2)", paying.doctor, day)


async def _full(owner: Connection, paying: PaymentCase) -> None:
    await owner.execute("UPDATE doctor SET max_appointments = 1 WHERE account_id = $1", paying.doctor)
    await book(owner, await make_patient(owner), paying.doctor, a_slot(2))


async def _too_many_holds(owner: Connection, paying: PaymentCase) -> None:
    for number in range(1, 6):
        await book(owner, paying.patient, await make_doctor(owner), a_slot(number))


def _doctor(change: str) -> In:
    async def changed(owner: Connection, paying: PaymentCase) -> None:
        await owner.execute(f"UPDATE doctor SET {change} WHERE account_id = $1", paying.doctor)

    return changed


MEANWHILE = {
    "taken": ("appointment_doctor_no_overlap", _taken),
    "booked again": ("appointment_doctor_no_overlap", _booked_again),
    "elsewhere": ("appointment_patient_no_overlap", _elsewhere),
    "away": ("appointment_within_working_hours", _away),
    "other slots": ("appointment_within_working_hours", _doctor("slot_minutes = 20")),
    "full": ("appointment_doctor_cap", _full),
    "too many holds": ("appointment_patient_hold_limit", _too_many_holds),
    "dearer": ("payment_amount_matches_fee", _doctor("fee = 150")),
    "cheaper": ("payment_amount_matches_fee", _doctor("fee = 50")),
    "free": ("payment_amount_matches_fee", _doctor("fee = 0")),
    "other money": ("payment_amount_matches_fee", _doctor("currency = 'EUR'")),
}


@pytest.mark.parametrize(("rule", "meanwhile"), MEANWHILE.values(), ids=list(MEANWHILE))
@pytest.mark.proves("payment_amount_matches_fee")
async def test_an_unavailable_slot_is_not_captured(
    database: Database, owner: Connection, app: Connection, rule: str, meanwhile: In
) -> None:
    paying = await begun(owner, app)
    await lapse(database, paying.appointment)
    await meanwhile(owner, paying)
    start = await paying.begin_capture()
    assert (start["request_id"], start["rule"]) == (None, rule)
    assert start["why"]
    assert await paying.state() == ("canceled", "expired")
    assert await paying.value("appointment_id") == paying.appointment
    assert await paying.mails() == [("payment_too_late", paying.patient)]
    assert await paying.begin_capture() is None


async def test_a_begun_appointment_is_not_captured(database: Database, owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    began = datetime.now(UTC) - MINUTE
    move = "UPDATE appointment SET during = $2, hold_expires_at = lower($2::tstzrange) WHERE id = $1"
    await by_root(database, move, paying.appointment, asyncpg.Range(began, began + SLOT))
    assert (await paying.begin_capture())[:2] == (None, "appointment_booking_window")


@pytest.mark.parametrize(
    "changed", [{"amount": "99.99"}, {"currency": "'EUR'"}, {"reference": "gen_random_uuid()::text"}]
)
@pytest.mark.proves("payment_amount_matches_fee")
async def test_another_order_is_never_captured(owner: Connection, app: Connection, changed: dict[str, str]) -> None:
    paying = await begun(owner, app)
    hold = await paying.hold_ends()
    assert (await paying.begin_capture(**changed))[:2] == (None, "payment_amount_matches_fee")
    assert await paying.state() == ("failed", "pending")
    assert await paying.hold_ends() == hold
    assert "The PayPal order does not match" in await paying.attention()


@pytest.mark.parametrize("status", [status for status in WAYS if status not in {"created", "approved"}])
async def test_a_payment_in_another_status_is_not_captured(owner: Connection, app: Connection, status: str) -> None:
    paying = await WAYS[status](owner, app)
    before = await paying.state()
    assert await paying.begin_capture() is None
    assert await paying.state() == before


@pytest.mark.proves("payment_appointment_payable")
async def test_an_appointment_canceled_during_a_decline_is_not_captured(owner: Connection, app: Connection) -> None:
    paying = await capturing(owner, app)
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, NULL, false)", paying.doctor, paying.appointment)
    request = await paying.value("capture_request_id")
    await app.execute("SELECT record_decline($1, $2, NULL)", paying.payment, request)
    assert await paying.state() == ("created", "canceled")
    assert (await paying.begin_capture())[:2] == (None, "payment_appointment_payable")
    assert await paying.state() == ("canceled", "canceled")
    assert await paying.mails() == []  # the patient got the mail about the cancellation
