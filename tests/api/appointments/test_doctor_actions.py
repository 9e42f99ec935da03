"""`doctor_cancel/`, `complete/`, `no_show/`: what only an appointment's doctor does, and who else may not."""

from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from app.domain.auth.tokens import Role
from app.domain.fields import MAX_ID
from tests.api.doctors.test_free_slots import slots
from tests.api.waitlist.test_waitlist import joined
from tests.support.db.past_visits import ago, visit
from tests.support.factories import SLOT, a_slot, bearer, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem, instant
from tests.support.http.appointment_actions import as_doctor, call_appointment, notified_accounts, row_of
from tests.support.http.bookings import APPOINTMENTS, booked, cancel, post_booking
from tests.support.http.openapi_contract import Contract
from tests.support.servers.databases import Database

NEW_TIME = {"appointment_date": (datetime.now(UTC) + timedelta(days=5)).isoformat()}
PATIENTS_CALLS = {"cancel": {}, "reschedule": NEW_TIME}
DOCTORS_CALLS = {"doctor_cancel": {}, "doctor_reschedule": NEW_TIME, "complete": {}, "no_show": {}}


async def test_the_answer_is_the_appointment_and_what_happened(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    hold = (await post_booking(client, patient, doctor, a_slot())).json()
    answer = await as_doctor(client, doctor, hold["id"], "doctor_cancel", reason="I am ill.")
    assert answer.status_code == 200
    canceled = answer.json()
    assert canceled.pop("detail") == "The appointment is canceled."
    assert instant(canceled.pop("updated_at")) > instant(hold.pop("updated_at"))
    assert canceled == hold | {"status": "canceled"}
    row = await row_of(owner, hold["id"])
    assert (row["seat"], row["canceled_by"], row["cancel_reason"]) == (None, "doctor", "I am ill.")
    assert await notified_accounts(owner, doctor, "appointment_canceled") == [patient]


@pytest.mark.parametrize("body", [None, b"", b"null", b"{}", b'{"reason": null}'])
async def test_without_a_reason(
    client: httpx.AsyncClient, owner: asyncpg.Connection, contract: Contract, body: bytes | None
) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    path = f"{APPOINTMENTS}{await booked(client, patient, doctor, a_slot())}/doctor_cancel/"
    assert (await client.post(path, headers=bearer(doctor, "doctor"), content=body)).status_code == 200
    operation = contract.find("POST", path)
    assert operation is not None
    assert operation.spec["requestBody"]["required"] is False


async def test_a_doctor_cancels_when_a_patient_no_longer_may(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    appointment = await booked(client, patient, doctor, a_slot(after=timedelta(hours=1)))
    assert_problem(await cancel(client, patient, appointment), 422, "appointment_cancel_notice")
    assert (await as_doctor(client, doctor, appointment, "doctor_cancel")).status_code == 200
    twice = await as_doctor(client, doctor, appointment, "doctor_cancel")
    assert_problem(twice, 409, "appointment_status_transition")


@pytest.mark.parametrize("block", [False, True])
async def test_whoever_waits_hears_of_the_slot_unless_it_is_blocked(
    client: httpx.AsyncClient, owner: asyncpg.Connection, block: bool
) -> None:
    doctor, (patient, waiting) = await make_doctor(owner, max_appointments=1), await make_patients(owner, 2)
    appointment = await booked(client, patient, doctor, a_slot())
    await joined(client, waiting, doctor)
    assert (await as_doctor(client, doctor, appointment, "doctor_cancel", block=block)).status_code == 200
    assert await notified_accounts(owner, doctor, "slot_offered") == [
        waiting
    ]  # with the seat that is free, in any case
    on_offer = await owner.fetchval(
        "SELECT lower(during) FROM appointment WHERE doctor_id = $1 AND status = 'offered'", doctor
    )
    assert (on_offer == a_slot()) is not block
    assert await slots(client, doctor) == []
    away = await owner.fetch("SELECT lower(during), upper(during) FROM time_off WHERE doctor_id = $1", doctor)
    assert [tuple(row) for row in away] == ([(a_slot(), a_slot() + SLOT)] if block else [])
    again = await post_booking(client, waiting, doctor, a_slot())
    assert again.status_code == (422 if block else 201)


async def test_not_after_the_start_and_nothing_is_blocked(
    client: httpx.AsyncClient, owner: asyncpg.Connection, database: Database
) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    begun = await visit(database, doctor, patient, ago(minutes=1))
    answer = await as_doctor(client, doctor, begun, "doctor_cancel", block=True)
    assert_problem(answer, 409, "appointment_status_transition")
    assert await owner.fetch("SELECT FROM time_off WHERE doctor_id = $1", doctor) == []


async def test_whether_the_patient_came(
    client: httpx.AsyncClient, owner: asyncpg.Connection, database: Database
) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    appointment = await visit(database, doctor, patient, ago(minutes=1))
    for call, status, words in (
        ("complete", "completed", "completed"),
        ("complete", "completed", "completed"),
        ("no_show", "no_show", "no-show"),
        ("complete", "completed", "completed"),
    ):
        answer = await as_doctor(client, doctor, appointment, call)
        assert answer.status_code == 200
        assert answer.json()["status"] == status
        assert answer.json()["detail"] == f"The appointment is marked as {words}."


async def test_nobody_came_before_the_start(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    appointment = await booked(client, patient, doctor, a_slot())
    for call in ("complete", "no_show"):
        problem = assert_problem(
            await as_doctor(client, doctor, appointment, call), 409, "appointment_status_transition"
        )
        assert problem["detail"] == "The appointment has not started yet."


async def test_a_week_later_nothing_is_corrected(
    client: httpx.AsyncClient, owner: asyncpg.Connection, database: Database
) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    old = await visit(database, doctor, patient, ago(days=8), status="completed", seat=None)
    problem = assert_problem(await as_doctor(client, doctor, old, "no_show"), 409, "appointment_status_transition")
    assert problem["detail"] == "Whether a patient came can be corrected for 7 days after the visit."


@pytest.mark.parametrize(
    ("role", "calls"), [("doctor", PATIENTS_CALLS), ("patient", DOCTORS_CALLS)], ids=["doctors", "patients"]
)
async def test_nobody_calls_what_is_the_other_sides(
    client: httpx.AsyncClient, owner: asyncpg.Connection, role: Role, calls: dict[str, dict[str, str]]
) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    appointment = await booked(client, patient, doctor, a_slot())
    before = await row_of(owner, appointment)
    for call, body in calls.items():
        answer = await call_appointment(
            client, role, {"doctor": doctor, "patient": patient}[role], appointment, call, **body
        )
        assert_problem(answer, 403, "forbidden")
        assert_problem(await client.post(f"{APPOINTMENTS}{appointment}/{call}/", json=body or None), 401)
    assert await row_of(owner, appointment) == before


@pytest.mark.parametrize(
    ("role", "calls"), [("doctor", DOCTORS_CALLS), ("patient", PATIENTS_CALLS)], ids=["doctors", "patients"]
)
async def test_another_ones_appointment_is_not_there(
    client: httpx.AsyncClient, owner: asyncpg.Connection, role: Role, calls: dict[str, dict[str, str]]
) -> None:
    doctor, (patient, other) = await make_doctor(owner), await make_patients(owner, 2)
    stranger = {"doctor": await make_doctor(owner), "patient": other}[role]
    appointment = await booked(client, patient, doctor, a_slot())
    before = await row_of(owner, appointment)
    for call, body in calls.items():
        refused = await call_appointment(client, role, stranger, appointment, call, **body)
        absent = await call_appointment(client, role, stranger, MAX_ID, call, **body)
        assert assert_problem(refused, 404, "not_found") == absent.json()
    assert await row_of(owner, appointment) == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{APPOINTMENTS}doctor_bulk_cancel/"),
        ("GET", "/api/doctors/me/working-hours/"),
        ("PUT", "/api/doctors/me/working-hours/"),
        ("GET", "/api/doctors/me/time-off/"),
        ("POST", "/api/doctors/me/time-off/"),
        ("DELETE", "/api/doctors/me/time-off/1/"),
    ],
)
async def test_a_schedule_is_a_doctors(
    client: httpx.AsyncClient, owner: asyncpg.Connection, method: str, path: str
) -> None:
    patient = await make_patient(owner)
    assert_problem(await client.request(method, path, headers=bearer(patient, "patient")), 403, "forbidden")
    assert_problem(await client.request(method, path), 401, "unauthorized")
