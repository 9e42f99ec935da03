"""`POST appointments/appointments/{id}/cancel/`: once, in time, and by its patient."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx

from app.domain.fields import MAX_ID
from tests.support.factories import SLOT, a_slot, bearer, make_doctor, make_patient, make_patients, past_appointment
from tests.support.http.answers import assert_problem, instant
from tests.support.http.bookings import APPOINTMENTS, SOON, booked, cancel, post_booking, slot_at
from tests.support.servers.databases import Database

NOTICE = timedelta(hours=72)


async def status_of(owner: asyncpg.Connection, appointment: int) -> str:
    """Return an appointment's status as it is written."""
    status: str = await owner.fetchval("SELECT status FROM appointment WHERE id = $1", appointment)
    return status


async def test_the_answer_is_the_appointment_and_what_happened(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    hold = (await post_booking(client, patient, doctor, a_slot())).json()
    answer = await cancel(client, patient, hold["id"])
    assert answer.status_code == 200
    canceled = answer.json()
    assert canceled.pop("detail") == "The appointment is canceled."
    assert instant(canceled.pop("updated_at")) > instant(hold.pop("updated_at"))
    assert canceled == hold | {"status": "canceled"}


async def test_the_slot_is_free_again_and_can_be_booked_again(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    doctor, (first, second), start = await make_doctor(owner), await make_patients(owner, 2), a_slot()
    slots, bounds = f"/api/doctors/{doctor}/slots/", {"from": start.isoformat(), "to": (start + SLOT).isoformat()}
    appointment = await booked(client, first, doctor, start)
    assert (await client.get(slots, params=bounds)).json() == []
    await cancel(client, first, appointment)
    assert len((await client.get(slots, params=bounds)).json()) == 1
    again = await booked(client, second, doctor, start)
    assert await status_of(owner, again) == "pending"
    assert await status_of(owner, appointment) == "canceled"
    assert_problem(await post_booking(client, first, doctor, start), 409, "appointment_doctor_no_overlap")


async def test_twice_is_once_too_often(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    appointment = await booked(client, patient, doctor, a_slot())
    await cancel(client, patient, appointment)
    row = await owner.fetchrow("SELECT * FROM appointment WHERE id = $1", appointment)
    assert_problem(await cancel(client, patient, appointment), 409, "appointment_status_transition")
    assert await owner.fetchrow("SELECT * FROM appointment WHERE id = $1", appointment) == row


async def test_of_ten_at_once_one_has_its_effect(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    appointment = await booked(client, patient, doctor, a_slot())
    answers = await asyncio.gather(*(cancel(client, patient, appointment) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    for answer in answers:
        if answer.status_code == 409:
            assert_problem(answer, 409, "appointment_status_transition")
    row = await owner.fetchrow("SELECT status, seat, canceled_by, version FROM appointment WHERE id = $1", appointment)
    assert row is not None
    assert tuple(row) == ("canceled", None, "patient", 2)
    mails = "SELECT account_id FROM notification WHERE appointment_id = $1 AND kind = 'appointment_canceled' ORDER BY 1"
    assert [mail["account_id"] for mail in await owner.fetch(mails, appointment)] == [doctor, patient]


async def test_somebody_elses_does_not_exist(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, (patient, stranger) = await make_doctor(owner), await make_patients(owner, 2)
    appointment = await booked(client, patient, doctor, a_slot())
    assert_problem(await cancel(client, stranger, appointment), 404, "not_found")
    assert_problem(await cancel(client, patient, MAX_ID), 404, "not_found")
    assert await status_of(owner, appointment) == "pending"


async def test_doctors_do_not_cancel_as_patients(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    appointment = await booked(client, patient, doctor, a_slot())
    path = f"{APPOINTMENTS}{appointment}/cancel/"
    assert_problem(await client.post(path, headers=bearer(doctor, "doctor")), 403, "forbidden")
    assert_problem(await client.post(path), 401, "unauthorized")
    assert await status_of(owner, appointment) == "pending"


async def test_the_notice_ends_72_hours_before_the_start(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    limit = datetime.now(UTC) + NOTICE
    late, early = slot_at(limit), slot_at(limit + SOON) + SLOT
    too_late, in_time = [await booked(client, patient, doctor, start) for start in (late, early)]
    problem = assert_problem(await cancel(client, patient, too_late), 422, "appointment_cancel_notice")
    deadline = (late - NOTICE).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (
        problem["detail"]
        == f"This appointment could be canceled until {deadline}. Later, only the doctor can cancel it."
    )
    assert await status_of(owner, too_late) == "pending"
    assert (await cancel(client, patient, in_time)).status_code == 200


async def test_a_lapsed_hold_is_not_canceled(
    client: httpx.AsyncClient, owner: asyncpg.Connection, database: Database
) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    superuser = await asyncpg.connect(database.superuser)
    lapsed = await past_appointment(superuser, doctor, patient, start=a_slot(), hold_expires_at=datetime.now(UTC))
    await superuser.close()
    assert_problem(await cancel(client, patient, lapsed), 409, "appointment_status_transition")
