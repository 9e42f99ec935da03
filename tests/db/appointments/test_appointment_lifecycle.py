"""appointment_cancel_notice, _immutable, _confirmed_is_paid, _patient_hold_limit."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.refusals import at_once, refused
from tests.support.factories import (
    a_slot,
    book,
    make_booking,
    make_doctor,
    make_patient,
    make_patients,
    past_appointment,
)
from tests.support.servers.databases import Database

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BOOK = "SELECT * FROM book($1, $2, $3)"
CANCEL = "SELECT * FROM cancel_as_patient($1, $2)"


@pytest.mark.parametrize("actor", ["patient", "doctor", "admin"])
@pytest.mark.proves("appointment_cancel_notice")
async def test_notice_to_the_second(owner: Connection, actor: str) -> None:
    for at, in_time in ((AT - SECOND, True), (AT, False), (AT + SECOND, False)):
        why = await owner.fetchval("SELECT appointment_cancel_notice($1, $2, $3)", actor, AT, at)
        assert (why is None) is (in_time or actor != "patient")


@pytest.mark.proves("appointment_cancel_notice")
async def test_the_deadline_is_72_hours_before_the_start(owner: Connection, app: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    for days in (2, 3, 4):
        (row,) = await app.fetch(BOOK, patient, doctor, a_slot(after=timedelta(days=days)))
        assert row["appointment_date"] - row["cancel_deadline"] == timedelta(hours=72)


@pytest.mark.proves("appointment_cancel_notice")
async def test_notice_binds_the_patient_and_not_the_admin(
    owner: Connection, app: Connection, admin: Connection
) -> None:
    doctor, patient, late = await make_booking(owner, app, a_slot(-3, after=timedelta(days=3)))
    in_time = await book(app, patient, doctor, a_slot(after=timedelta(days=3)))
    with refused("appointment_cancel_notice"):
        await app.fetch(CANCEL, patient, late)
    await app.fetch(CANCEL, patient, in_time)
    await admin.execute("UPDATE appointment SET status = 'canceled', cancel_reason = 'flood' WHERE id = $1", late)
    rows = await owner.fetch("SELECT canceled_by, seat FROM appointment WHERE patient_id = $1 ORDER BY id", patient)
    assert [tuple(row) for row in rows] == [("admin", None), ("patient", None)]


@pytest.mark.proves("appointment_cancel_notice")
async def test_the_app_cannot_pose_as_a_doctor(owner: Connection, app: Connection) -> None:
    _, patient, late = await make_booking(owner, app, a_slot(after=timedelta(days=1)))
    await app.execute("SELECT set_config('booking.actor', 'doctor', false)")
    with refused("appointment_cancel_notice"):
        await app.fetch(CANCEL, patient, late)


@pytest.mark.proves("appointment_status_transition")
async def test_ten_cancels_at_once_have_one_effect(database: Database, owner: Connection) -> None:
    _, patient, appointment = await make_booking(owner, owner, fee=0)
    outcomes = await at_once(database.app, CANCEL, [(patient, appointment)] * 10)
    assert outcomes == ["", *["appointment_status_transition"] * 9]
    mails = "SELECT count(*) FROM notification WHERE appointment_id = $1 AND kind = 'appointment_canceled'"
    assert await owner.fetchval(mails, appointment) == 2  # one to the patient, one to the doctor
    assert await owner.fetchval("SELECT version FROM appointment WHERE id = $1", appointment) == 2


async def test_another_patient_s_appointment_is_not_found(owner: Connection, app: Connection) -> None:
    doctor, patient, other = await make_doctor(owner), *await make_patients(owner, 2)
    appointment = await book(app, patient, doctor, a_slot())
    assert await app.fetch(CANCEL, other, appointment) == []
    assert await owner.fetchval("SELECT status FROM appointment WHERE id = $1", appointment) == "pending"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("doctor_id", "1"),
        ("patient_id", "1"),
        ("seat", "7"),
        ("hold_expires_at", "'infinity'"),
        ("cancel_deadline", "'infinity'"),
        ("fee", "0"),
        ("currency", "'EUR'"),
        ("canceled_by", "'admin'"),
        ("version", "9"),
        ("created_at", "'2020-01-01'"),
        ("updated_at", "'2020-01-01'"),
    ],
)
@pytest.mark.proves("appointment_immutable", "tg_appointment__rules")
async def test_only_triggers_set_these_columns(owner: Connection, app: Connection, column: str, value: str) -> None:
    _, _, appointment = await make_booking(owner, app)
    with refused("appointment_immutable"):
        await owner.execute(f"UPDATE appointment SET {column} = {value} WHERE id = $1", appointment)


@pytest.mark.proves("appointment_confirmed_is_paid")
async def test_values_an_insert_brings_along_are_replaced(owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=25), await make_patient(owner)
    (row,) = await owner.fetch(
        "INSERT INTO appointment (doctor_id, patient_id, during, seat, hold_expires_at, cancel_deadline, fee, currency, version)"
        " VALUES ($1, $2, $3, 30, 'infinity', 'infinity', 0, 'EUR', 9) RETURNING *",
        doctor,
        patient,
        asyncpg.Range(a_slot(), a_slot(1)),
    )
    assert (row["seat"], row["fee"], row["currency"], row["version"]) == (1, 25, "USD", 1)
    assert row["hold_expires_at"] - row["created_at"] == timedelta(minutes=15)
    assert row["cancel_deadline"] == a_slot() - timedelta(hours=72)


@pytest.mark.proves("appointment_confirmed_is_paid")
async def test_only_free_appointments_are_confirmed_unpaid(owner: Connection, app: Connection) -> None:
    free, paid, patient = await make_doctor(owner, fee=0), await make_doctor(owner), await make_patient(owner)
    (row,) = await app.fetch(BOOK, patient, free, a_slot())
    assert (row["status"], row["hold_expires_at"]) == ("confirmed", None)
    held = await book(app, patient, paid, a_slot(1))
    insert = "INSERT INTO appointment (doctor_id, patient_id, during, status) VALUES ($1, $2, $3, 'confirmed')"
    for confirm, *arguments in (
        ("UPDATE appointment SET status = 'confirmed' WHERE id = $1", held),
        (insert, paid, patient, asyncpg.Range(a_slot(2), a_slot(3))),
    ):
        with refused("appointment_confirmed_is_paid"):
            await owner.execute(confirm, *arguments)


@pytest.mark.proves("appointment_patient_hold_limit")
async def test_a_patient_has_five_unpaid_holds_at_most(database: Database, owner: Connection) -> None:
    doctors, patient = [await make_doctor(owner) for _ in range(8)], await make_patient(owner)
    outcomes = await at_once(database.app, BOOK, [(patient, doctor, a_slot(n)) for n, doctor in enumerate(doctors)])
    assert outcomes == ["", "", "", "", "", *["appointment_patient_hold_limit"] * 3]
    await book(owner, patient, await make_doctor(owner, fee=0), a_slot(9))  # free, so not a hold


@pytest.mark.proves("appointment_status_transition")
async def test_a_lapsed_hold_cannot_be_canceled(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    lapsed = await past_appointment(root, doctor, patient, start=a_slot(), hold_expires_at=datetime.now(UTC))
    assert await app.fetchval("SELECT status FROM api_appointment WHERE id = $1", lapsed) == "expired"
    with refused("appointment_status_transition"):
        await app.fetch(CANCEL, patient, lapsed)


@pytest.mark.proves(
    "appointment_doctor_id_fkey", "appointment_patient_id_fkey", "doctor_account_id_fkey", "patient_account_id_fkey"
)
async def test_people_are_what_their_account_says(owner: Connection, app: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    with refused("appointment_doctor_id_fkey"):
        await book(app, patient, patient, a_slot())
    with refused("appointment_patient_id_fkey"):
        await book(app, doctor, doctor, a_slot())
    with refused("doctor_account_id_fkey"):
        await owner.execute("UPDATE account SET role = 'patient' WHERE id = $1", doctor)
    with refused("patient_account_id_fkey"):
        await owner.execute("INSERT INTO patient (account_id, full_name) VALUES ($1, 'x')", doctor)


async def test_a_free_appointment_has_no_hold(owner: Connection, app: Connection) -> None:
    _, patient, appointment = await make_booking(owner, app, fee=0)
    await app.fetch(CANCEL, patient, appointment)
    assert await owner.fetchval("SELECT hold_expires_at FROM appointment WHERE id = $1", appointment) is None
