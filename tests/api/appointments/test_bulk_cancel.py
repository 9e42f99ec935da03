"""`doctor_bulk_cancel/`: cancels the calling doctor's future appointments, all or none."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from asyncpg import Connection
from httpx import AsyncClient

from app.domain.fields import MAX_ID
from tests.api.doctors.test_free_slots import slots
from tests.api.waitlist.test_waitlist import joined
from tests.support.db.offers import on_offer
from tests.support.factories import SLOT, a_slot, bearer, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem, instant, json_of
from tests.support.http.appointment_actions import notified_accounts
from tests.support.http.bookings import APPOINTMENTS, add_inactive, booked
from tests.support.http.schedules import times_off
from tests.support.servers.databases import Database

BULK_CANCEL = f"{APPOINTMENTS}doctor_bulk_cancel/"
ROWS = "SELECT * FROM appointment WHERE doctor_id = $1 ORDER BY id"
DAY = timedelta(days=1)


async def bulk_cancel(client: AsyncClient, doctor: int, **body: object) -> dict[str, Any]:
    """Cancel a doctor's appointments; return the answer."""
    canceled: dict[str, Any] = json_of(
        await client.post(BULK_CANCEL, headers=bearer(doctor, "doctor"), json=body or None)
    )
    assert canceled["count"] == len(canceled["appointments"])
    assert canceled["detail"].endswith(f": {canceled['count']}.")
    return canceled


def ids(canceled: dict[str, Any]) -> list[int]:
    return [appointment["id"] for appointment in canceled["appointments"]]


async def ahead(owner: Connection, doctor: int) -> list[int]:
    """Return a doctor's appointments that have not been canceled."""
    rows = await owner.fetch("SELECT id FROM appointment WHERE doctor_id = $1 AND seat IS NOT NULL ORDER BY id", doctor)
    return [row["id"] for row in rows]


async def test_without_a_filter_all_are_canceled(client: AsyncClient, owner: Connection) -> None:
    (doctor, other), patients = [await make_doctor(owner, fee=0) for _ in range(2)], await make_patients(owner, 3)
    mine = [await booked(client, patient, doctor, a_slot(n)) for n, patient in enumerate(patients)]
    theirs = await booked(client, patients[0], other, a_slot(5))
    canceled = await bulk_cancel(client, doctor, reason="The roof leaks.")
    assert ids(canceled) == mine
    assert {appointment["status"] for appointment in canceled["appointments"]} == {"canceled"}
    assert await ahead(owner, doctor) == []
    assert await ahead(owner, other) == [theirs]
    rows = await owner.fetch("SELECT canceled_by, cancel_reason FROM appointment WHERE doctor_id = $1", doctor)
    assert {tuple(row) for row in rows} == {("doctor", "The roof leaks.")}
    assert ids(await bulk_cancel(client, doctor)) == []


@pytest.mark.parametrize("body", [None, b"", b"null", b"{}"])
async def test_the_body_is_optional(client: AsyncClient, body: bytes | None, doctor: int, appointment: int) -> None:
    answer = await client.post(BULK_CANCEL, headers=bearer(doctor, "doctor"), content=body)
    assert ids(json_of(answer)) == [appointment]


async def test_by_patient_by_date_and_by_both(client: AsyncClient, owner: Connection) -> None:
    doctor, (first, second) = await make_doctor(owner, fee=0), await make_patients(owner, 2)
    noon = a_slot().replace(hour=12, minute=0)
    today = [await booked(client, patient, doctor, noon + n * SLOT) for n, patient in enumerate((first, second))]
    tomorrow = [
        await booked(client, patient, doctor, noon + DAY + n * SLOT) for n, patient in enumerate((first, second))
    ]
    date, stranger = noon.date().isoformat(), await make_patient(owner)
    for which, expected in (
        ({"patient_id": first}, [today[0], tomorrow[0]]),
        ({"cancel_date": date}, today),
        ({"cancel_date": date, "patient_id": first}, [today[0]]),
        ({"cancel_date": (noon + 2 * DAY).date().isoformat()}, []),
        ({"patient_id": stranger}, []),
        ({"patient_id": MAX_ID}, []),
        ({"cancel_date": "0001-01-01"}, []),
        ({"cancel_date": "9999-12-31"}, []),
        ({}, today + tomorrow),
    ):
        assert ids(await bulk_cancel(client, doctor, **which, dry_run=True)) == expected
    assert ids(await bulk_cancel(client, doctor, cancel_date=date, patient_id=first)) == [today[0]]
    assert ids(await bulk_cancel(client, doctor, cancel_date=date)) == [today[1]]
    assert ids(await bulk_cancel(client, doctor, patient_id=second)) == [tomorrow[1]]
    assert await ahead(owner, doctor) == [tomorrow[0]]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"])
async def test_the_date_is_a_local_date(client: AsyncClient, owner: Connection, zone: str) -> None:
    doctor, patient = await make_doctor(owner, fee=0, timezone=zone), await make_patient(owner)
    local = a_slot().astimezone(ZoneInfo(zone)) + DAY
    midnight = datetime(local.year, local.month, local.day, tzinfo=ZoneInfo(zone))
    starts = [midnight - SLOT, midnight, midnight + DAY - SLOT, midnight + DAY]
    appointments = [await booked(client, patient, doctor, start) for start in starts]
    date = midnight.date()
    assert {instant_.astimezone(ZoneInfo("UTC")).date() for instant_ in starts[1:3]} != {date}
    assert ids(await bulk_cancel(client, doctor, cancel_date=date.isoformat())) == appointments[1:3]
    assert await ahead(owner, doctor) == [appointments[0], appointments[3]]


async def test_other_appointments_stay(client: AsyncClient, owner: Connection, database: Database) -> None:
    doctor, (patient, other) = await make_doctor(owner), await make_patients(owner, 2)
    await add_inactive(client, database, doctor, patient)
    before = await owner.fetch(ROWS, doctor)
    last = await booked(client, other, doctor, a_slot(5))
    assert ids(await bulk_cancel(client, doctor)) == [last]
    assert [row for row in await owner.fetch(ROWS, doctor) if row["id"] != last] == before


async def test_a_dry_run_changes_nothing(client: AsyncClient, owner: Connection, doctor: int, patient: int) -> None:
    appointments = [await booked(client, patient, doctor, a_slot(n)) for n in range(3)]
    before = await owner.fetch(ROWS, doctor)
    shown = await bulk_cancel(client, doctor, dry_run=True, block=True, reason="x")
    assert ids(shown) == appointments
    assert {appointment["status"] for appointment in shown["appointments"]} == {"pending"}
    await assert_unchanged(client, owner, doctor, before)


async def assert_unchanged(client: AsyncClient, owner: Connection, doctor: int, before: list[asyncpg.Record]) -> None:
    """Check that a doctor has these appointments, no time off, and that no mail about a cancellation was written."""
    assert await owner.fetch(ROWS, doctor) == before
    assert await times_off(client, doctor) == []
    assert await notified_accounts(owner, doctor, "appointment_canceled") == []


async def test_all_or_nothing(client: AsyncClient, owner: Connection, doctor: int, patient: int) -> None:
    last = [await booked(client, patient, doctor, a_slot(n)) for n in range(3)][-1]
    before = await owner.fetch(ROWS, doctor)
    await owner.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM refuse('appointment_doctor_cap', 'No.'); END $$;"
        "CREATE TRIGGER fail AFTER UPDATE ON appointment FOR EACH ROW"
        f" WHEN (NEW.id = {last}) EXECUTE FUNCTION fail()"
    )
    try:
        answer = await client.post(BULK_CANCEL, headers=bearer(doctor, "doctor"), json={"block": True})
        assert_problem(answer, 409, "appointment_doctor_cap")
    finally:
        await owner.execute("DROP FUNCTION fail CASCADE")
    await assert_unchanged(client, owner, doctor, before)


async def test_each_patient_gets_one_mail(client: AsyncClient, owner: Connection) -> None:
    doctor, patients = await make_doctor(owner, fee=0), await make_patients(owner, 12)
    for n in range(30):
        await booked(client, patients[n % 12], doctor, a_slot(n))
    assert (await bulk_cancel(client, doctor))["count"] == 30
    assert sorted(await notified_accounts(owner, doctor, "appointment_canceled")) == patients


@pytest.mark.parametrize("block", [False, True])
async def test_a_canceled_slot_is_offered_unless_it_is_blocked(
    client: AsyncClient, owner: Connection, block: bool
) -> None:
    doctor, (patient, waiting) = await make_doctor(owner, fee=0, max_appointments=3), await make_patients(owner, 2)
    starts = [a_slot(n) for n in (0, 1, 5)]
    for start in starts:
        await booked(client, patient, doctor, start)
    await joined(client, waiting, doctor)
    await bulk_cancel(client, doctor, block=block)
    assert await notified_accounts(owner, doctor, "slot_offered") == [waiting]  # the seats are free in either case
    (offered,) = await on_offer(owner, doctor)
    assert (offered in starts) is not block
    assert offered not in await slots(client, doctor)
    assert (set(starts) - {offered} <= set(await slots(client, doctor))) is not block
    assert set(starts).isdisjoint(await slots(client, doctor)) is block
    assert [instant(off["start"]) for off in await times_off(client, doctor)] == (starts if block else [])


@pytest.mark.parametrize("block", [False, True])
async def test_a_blocked_day_is_not_offered(client: AsyncClient, owner: Connection, block: bool) -> None:
    noon = a_slot().replace(hour=12, minute=0)
    doctor = await make_doctor(owner, fee=0, hours=((noon.isoweekday(), 720, 810),))
    (patient, waiting), starts = await make_patients(owner, 2), [noon + n * SLOT for n in range(3)]
    for start in starts:
        await booked(client, patient, doctor, start)
    await joined(client, waiting, doctor, noon.date())
    assert (await bulk_cancel(client, doctor, cancel_date=noon.date().isoformat(), block=block))["count"] == 3
    assert await notified_accounts(owner, doctor, "slot_offered") == ([] if block else [waiting])


async def test_the_appointments_are_sorted_by_start(client: AsyncClient, doctor: int, patient: int) -> None:
    for n in (2, 0, 1):
        await booked(client, patient, doctor, a_slot(n))
    shown = await bulk_cancel(client, doctor, dry_run=True)
    starts = [instant(appointment["appointment_date"]) for appointment in shown["appointments"]]
    assert starts == [a_slot(n) for n in range(3)]
