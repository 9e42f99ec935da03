"""A disabled account keeps its appointments, but books nothing new and gets no offers."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.offers import CANCEL, JOIN, freed_slot, full_doctor, offers, on_offer, statuses, waiting
from tests.support.db.payments import begun, lapse
from tests.support.db.refusals import refused
from tests.support.factories import a_slot, book, make_doctor, make_patient, make_patients
from tests.support.servers.databases import Database

DISABLE = "SELECT * FROM admin.disable_account($1, 'Shared account.')"
ENABLE = "SELECT admin.enable_account($1)"
MOVE = "SELECT * FROM reschedule_as_doctor($1, $2, $3, false)"
FOUND = (
    "SELECT (SELECT count(*) FROM api_doctor WHERE id = $1) + (SELECT count(*) FROM free_slots($1, now(), 'infinity'))"
)


@pytest.mark.proves("appointment_patient_id_fkey", "waitlist_entry_patient_id_fkey")
async def test_a_disabled_patient_books_nothing_new(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    full, _, _ = await full_doctor(owner)
    appointment = await book(app, patient, doctor, a_slot())
    (stays,) = await admin.fetch(DISABLE, patient)
    assert (stays["id"], stays["status"]) == (appointment, "confirmed")
    with refused("appointment_patient_id_fkey"):
        await book(app, patient, doctor, a_slot(1))
    with refused("waitlist_entry_patient_id_fkey"):
        await app.fetch(JOIN, patient, full, None)
    explain = "SELECT why FROM admin.explain_refusal($1, $2, $3) WHERE NOT ok"
    assert await admin.fetchval(explain, doctor, patient, a_slot(1)) == "This patient's account is disabled."
    assert await app.fetch(MOVE, doctor, appointment, a_slot(2))
    await admin.fetch(ENABLE, patient)
    await book(app, patient, doctor, a_slot(1))


@pytest.mark.proves("appointment_doctor_verified")
async def test_a_disabled_doctor_cannot_be_found(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor, (patient, other) = (
        await make_doctor(owner, fee=0, verified_at=datetime.now(UTC)),
        await make_patients(owner, 2),
    )
    appointment = await book(app, patient, doctor, a_slot())
    assert [row["id"] for row in await admin.fetch(DISABLE, doctor)] == [appointment]
    assert await app.fetchval(FOUND, doctor) == 0
    with refused("appointment_doctor_verified"):
        await book(app, other, doctor, a_slot(1))
    assert not await admin.fetchval("SELECT takes_bookings FROM admin.doctor_load WHERE doctor = $1", doctor)
    assert await app.fetch("SELECT * FROM reschedule_as_patient($1, $2, $3)", patient, appointment, a_slot(2))
    assert await app.fetch(CANCEL, patient, appointment)  # a patient still may
    await admin.fetch(ENABLE, doctor)
    assert await app.fetchval(FOUND, doctor) > 1
    await book(app, other, doctor, a_slot(1))


async def test_a_disabled_doctor_s_offers_are_withdrawn(owner: Connection, admin: Connection) -> None:
    doctor, made = await freed_slot(owner, 2)
    await admin.fetch(DISABLE, doctor)
    assert await on_offer(owner, doctor) == []
    assert await statuses(owner, doctor) == ["waiting"] * 2
    await admin.fetch(ENABLE, doctor)
    assert list(await offers(owner, doctor)) == list(made)


async def test_a_disabled_patient_keeps_the_place_in_line(owner: Connection, admin: Connection) -> None:
    await owner.execute("UPDATE policy SET offer_first_wave = 1")
    doctor, holder, (first, second) = await full_doctor(owner, seats=2)
    gone, other, last = await waiting(owner, doctor, 3)
    await owner.fetch(CANCEL, holder, first)
    assert gone in await offers(owner, doctor)
    await admin.fetch(DISABLE, gone)
    assert gone not in await offers(owner, doctor)
    assert other in await offers(owner, doctor)
    await owner.fetch(CANCEL, holder, second)
    assert list(await offers(owner, doctor)) == [other, last]
    await owner.execute("UPDATE doctor SET max_appointments = 10 WHERE account_id = $1", doctor)
    assert gone not in await offers(owner, doctor)
    place = "SELECT (position, status) FROM admin.waitlist WHERE patient = $1"
    assert await admin.fetchval(place, gone) == (1, "waiting")
    await admin.fetch(ENABLE, gone)
    await owner.execute("SELECT sweep_doctor($1)", doctor)
    await owner.execute("UPDATE policy SET offer_first_wave = 3")


def wrong(statement: str, message: str, hint: str) -> Any:
    """Return a case: a mistaken call, with the error message and the hint that it gets."""
    return pytest.param(statement, message, hint, id=statement)


@pytest.mark.parametrize(
    ("statement", "message", "hint"),
    [
        wrong("admin.disable_account(0, 'x')", "There is no account 0.", "disabled_reason FROM account"),
        wrong("admin.disable_account(NULL, 'x')", "No account is given.", "disabled_reason FROM account"),
        wrong("admin.disable_account({active}, ' ')", "No reason is given.", "Other admins see it"),
        wrong("admin.disable_account({disabled}, 'x')", "Account {disabled} is disabled.", "FROM account"),
        wrong("admin.enable_account({active})", "Account {active} is active.", "status = 'disabled'"),
        wrong("admin.enable_account(0)", "There is no account 0.", "status = 'disabled'"),
    ],
)
async def test_a_slip_is_explained(
    owner: Connection, admin: Connection, statement: str, message: str, hint: str
) -> None:
    people = dict(zip(("active", "disabled"), await make_patients(owner, 2), strict=True))
    await admin.fetch(DISABLE, people["disabled"])
    with pytest.raises(asyncpg.InvalidParameterValueError) as caught:
        await admin.fetch(f"SELECT * FROM {statement.format(**people)}")
    told = caught.value.as_dict()
    assert told["message"] == message.format(**people)
    assert hint in told["hint"]


async def test_only_admins_see_the_reason(owner: Connection, app: Connection, admin: Connection) -> None:
    patient = await make_patient(owner)
    await admin.fetch(DISABLE, patient)
    why = "SELECT disabled_reason FROM account WHERE id = $1"
    assert await admin.fetchval(why, patient) == "Shared account."
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.fetchval(why, patient)
    await admin.fetch(ENABLE, patient)
    assert await admin.fetchval(why, patient) is None


async def test_a_disabled_patient_s_lapsed_hold_cannot_be_paid(
    database: Database, owner: Connection, app: Connection, admin: Connection
) -> None:
    in_time, too_late = await begun(owner, app), await begun(owner, app)
    for paying in (in_time, too_late):
        (stays,) = await admin.fetch(DISABLE, paying.patient)
        assert (stays["id"], stays["status"]) == (paying.appointment, "pending")
    await lapse(database, too_late.appointment)
    assert (await in_time.begin_capture())["request_id"]
    assert (await too_late.begin_capture())[:2] == (None, "appointment_patient_id_fkey")
