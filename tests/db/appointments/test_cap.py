"""appointment_doctor_cap: a doctor never has more than 30 active appointments, whichever role writes them."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.refusals import refused
from tests.support.factories import SLOT, a_slot, book, make_doctor, make_patient, make_patients, past_appointment
from tests.support.servers.databases import Database, connected

ACTIVE = "SELECT count(*) FROM appointment WHERE doctor_id = $1 AND seat IS NOT NULL"
INSERT = "INSERT INTO appointment (doctor_id, patient_id, during) VALUES ($1, $2, $3)"


async def fill(owner: Connection, app: Connection, doctor: int, number: int = 30) -> list[int]:
    """Book a doctor's first slots, each for a new patient; return the appointments."""
    return [await book(app, await make_patient(owner), doctor, a_slot(n)) for n in range(number)]


@pytest.mark.proves("appointment_doctor_cap")
async def test_the_31st_is_refused_and_a_seat_is_reused(owner: Connection, app: Connection) -> None:
    doctor = await make_doctor(owner)
    appointments = await fill(owner, app, doctor)
    late = await make_patient(owner)
    with refused("appointment_doctor_cap"):
        await book(app, late, doctor, a_slot(30))
    assert not await app.fetch("SELECT * FROM free_slots($1, '-infinity', 'infinity')", doctor)
    seat = await owner.fetchval("SELECT seat FROM appointment WHERE id = $1", appointments[7])
    await owner.execute("UPDATE appointment SET status = 'canceled' WHERE id = $1", appointments[7])
    again = await book(app, late, doctor, a_slot(30))
    assert await owner.fetchval("SELECT seat FROM appointment WHERE id = $1", again) == seat
    assert await owner.fetchval(ACTIVE, doctor) == 30


@pytest.mark.proves("appointment_doctor_cap", "doctor_max_appointments_valid")
async def test_a_lower_cap_holds_and_cancels_nothing(owner: Connection, app: Connection) -> None:
    doctor = await make_doctor(owner, max_appointments=5)
    appointments = await fill(owner, app, doctor, 5)
    await owner.execute("UPDATE doctor SET max_appointments = 3 WHERE account_id = $1", doctor)
    await owner.execute("UPDATE appointment SET status = 'canceled' WHERE id = $1", appointments[0])
    patient = await make_patient(owner)
    with refused("appointment_doctor_cap"):  # one seat is free, but 4 appointments exceed the cap of 3
        await book(app, patient, doctor, a_slot(9))
    assert await owner.fetchval(ACTIVE, doctor) == 4
    with refused("doctor_max_appointments_valid"):
        await owner.execute("UPDATE doctor SET max_appointments = 31 WHERE account_id = $1", doctor)


@pytest.mark.parametrize("level", ["read committed", "repeatable read", "serializable"])
@pytest.mark.proves("appointment_doctor_cap")
async def test_at_every_isolation_level(database: Database, owner: Connection, level: str) -> None:
    """60 concurrent transactions, each of which reads before it books. None retries."""
    doctor = await make_doctor(owner)
    patients = await make_patients(owner, 60)
    outcomes: Counter[str] = Counter()

    async def write(number: int, patient: int) -> None:
        async with connected(database.app, default_transaction_isolation=level) as db:
            try:
                async with db.transaction():
                    await db.fetchval(ACTIVE, doctor)
                    await book(db, patient, doctor, a_slot(number))
                outcomes["booked"] += 1
            except asyncpg.CheckViolationError as error:
                outcomes[str(error.constraint_name)] += 1
            except asyncpg.SerializationError:
                outcomes["stale"] += 1

    await asyncio.gather(*(write(n, patient) for n, patient in enumerate(patients)))
    active = await owner.fetchval(ACTIVE, doctor)
    assert active == outcomes["booked"] <= 30
    assert set(outcomes) <= {"booked", "appointment_doctor_cap", "stale"}
    if level == "read committed":
        assert active == 30


@pytest.mark.proves("appointment_doctor_cap")
async def test_a_multi_row_insert(owner: Connection, admin: Connection) -> None:
    for writer, number in ((owner, 31), (admin, 40)):
        doctor = await make_doctor(owner)
        patients = await make_patients(owner, number)
        statement = (
            "INSERT INTO appointment (doctor_id, patient_id, during)"
            " SELECT $1, p, tstzrange($3::timestamptz + n * s, $3 + (n + 1) * s)"
            " FROM unnest($2::bigint[]) WITH ORDINALITY AS t (p, n), (VALUES (interval '30 minutes')) AS v (s)"
        )
        with refused("appointment_doctor_cap"):
            await writer.execute(statement, doctor, patients, a_slot())
        assert await owner.fetchval(ACTIVE, doctor) == 0
        await writer.execute(statement, doctor, patients[:30], a_slot())
        assert await owner.fetchval(ACTIVE, doctor) == 30


@pytest.mark.proves("appointment_status_transition")
async def test_canceled_rows_never_come_back(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor = await make_doctor(owner)
    first = await book(app, await make_patient(owner), doctor, a_slot(40))
    await owner.execute("UPDATE appointment SET status = 'canceled' WHERE id = $1", first)
    await fill(owner, app, doctor)
    for writer in (owner, admin):
        for status in ("pending", "confirmed", "offered", "canceled"):
            with refused("appointment_status_transition"):
                await writer.execute("UPDATE appointment SET status = $2 WHERE id = $1", first, status)
    assert await owner.fetchval(ACTIVE, doctor) == 30


@pytest.mark.proves("appointment_doctor_cap", "appointment_doctor_seat", "appointment_seat_iff_active")
async def test_with_triggers_off_the_seats_hold(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, patient, start = await make_doctor(owner), await make_patient(owner), a_slot(50)
    await fill(owner, app, doctor)
    for seat, rule in (
        (30, "appointment_doctor_seat"),
        (31, "appointment_doctor_cap"),
        (0, "appointment_doctor_cap"),
        (None, "appointment_seat_iff_active"),
    ):
        with refused(rule):
            await past_appointment(root, doctor, patient, start=start, seat=seat, hold_expires_at=start)
    assert await owner.fetchval(ACTIVE, doctor) == 30


async def test_lapsed_holds_and_ended_visits_do_not_count(owner: Connection, app: Connection, root: Connection) -> None:
    doctor = await make_doctor(owner)
    now = datetime.now(UTC)
    for seat, patient in enumerate(await make_patients(owner, 30), 1):
        start = now - timedelta(days=1) + seat * SLOT / 30
        columns = (
            {"start": a_slot(seat), "hold_expires_at": now}
            if seat <= 15
            else {"start": start, "end": start + timedelta(seconds=30), "status": "confirmed"}
        )
        await past_appointment(root, doctor, patient, seat=seat, **columns)
    assert await app.fetchval("SELECT count(*) FROM free_slots($1, '-infinity', 'infinity')", doctor) > 600
    await fill(owner, app, doctor)  # including the slots of the lapsed holds
    counts = await owner.fetch("SELECT status, count(*) FROM appointment WHERE doctor_id = $1 GROUP BY 1", doctor)
    assert dict(counts) == {"expired": 15, "completed": 15, "pending": 30}  # type: ignore[arg-type]  # records are pairs
