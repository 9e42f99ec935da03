"""Concurrent bookings: PostgreSQL decides which one wins, and the others are refused with the reason."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import httpx
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.factories import SLOT, a_slot, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem, json_of, only_success
from tests.support.http.bookings import booked, cancel, post_booking
from tests.support.http.idempotent_requests import booking_request

ROWS = "SELECT id, patient_id, lower(during) AS start, seat, status FROM appointment WHERE doctor_id = $1 ORDER BY id"


def sort_out(answers: list[httpx.Response]) -> tuple[list[httpx.Response], Counter[str]]:
    """Return the successful responses, and how often each rule refused a booking; fail on anything else."""
    won = [answer for answer in answers if answer.status_code == 201]
    lost = [answer for answer in answers if answer.status_code != 201]
    return won, Counter(assert_problem(answer, 409)["code"] for answer in lost)


async def doctor_on(owner: Connection, start: datetime, days: int = 1, **columns: Any) -> int:
    """Add a doctor who works around the clock on the days from `start`: the fewer the slots, the faster the search."""
    hours = tuple(((start + timedelta(days=n)).isoweekday(), 0, 1440) for n in range(days))
    return await make_doctor(owner, hours=hours, **columns)


async def test_200_patients_at_one_doctor(clients: list[AsyncClient], owner: Connection) -> None:
    start, patients = a_slot(), await make_patients(owner, 200)
    doctor = await doctor_on(owner, start, days=4)
    requests = [
        post_booking(clients[n % len(clients)], patient, doctor, start + n % 100 * SLOT)  # each slot twice
        for n, patient in enumerate(patients)
    ]
    won, lost = sort_out(await asyncio.gather(*requests))
    assert len(won) == 30
    assert lost.keys() <= {"appointment_doctor_cap", "appointment_doctor_no_overlap"}
    rows = await owner.fetch(ROWS, doctor)
    assert sorted(row["id"] for row in rows) == sorted(answer.json()["id"] for answer in won)
    assert {row["seat"] for row in rows} == set(range(1, 31))
    assert {row["status"] for row in rows} == {"pending"}
    assert len({row["start"] for row in rows}) == 30


async def test_16_clients_for_one_slot(clients: list[AsyncClient], owner: Connection) -> None:
    patients = await make_patients(owner, 16)
    for _ in range(50):
        start = a_slot()
        doctor = await doctor_on(owner, start, fee=0)
        answers = await asyncio.gather(
            *(post_booking(client, patient, doctor, start) for client, patient in zip(clients, patients, strict=True))
        )
        winner = json_of(only_success(answers, 409, "appointment_doctor_no_overlap"), 201)
        (row,) = await owner.fetch(ROWS, doctor)
        assert (row["id"], row["patient_id"]) == (winner["id"], winner["patient"])
        await owner.execute("UPDATE appointment SET status = 'canceled' WHERE id = $1", row["id"])  # frees the patient


async def test_one_patient_at_16_doctors_at_one_time(client: AsyncClient, owner: Connection) -> None:
    patient, doctors, start = await make_patient(owner), [await make_doctor(owner) for _ in range(16)], a_slot()
    answers = await asyncio.gather(*(post_booking(client, patient, doctor, start) for doctor in doctors))
    winner = json_of(only_success(answers, 409, "appointment_patient_no_overlap"), 201)
    rows = await owner.fetch("SELECT id, doctor_id FROM appointment WHERE patient_id = $1", patient)
    assert [tuple(row) for row in rows] == [(winner["id"], winner["doctor"])]


async def test_one_patient_for_ten_slots(client: AsyncClient, owner: Connection, doctor: int, patient: int) -> None:
    answers = await asyncio.gather(*(post_booking(client, patient, doctor, a_slot(n)) for n in range(10)))
    won, lost = sort_out(answers)
    assert lost == {"appointment_patient_hold_limit": 5}
    rows = await owner.fetch(ROWS, doctor)
    assert sorted(row["id"] for row in rows) == sorted(answer.json()["id"] for answer in won)


async def test_a_cancellation_and_bookings_of_the_slot(client: AsyncClient, owner: Connection) -> None:
    doctor, (first, *others), start = await make_doctor(owner, fee=0), await make_patients(owner, 9), a_slot()
    appointment = await booked(client, first, doctor, start)
    canceled, *answers = await asyncio.gather(
        cancel(client, first, appointment), *(post_booking(client, patient, doctor, start) for patient in others)
    )
    assert canceled.status_code == 200
    won, lost = sort_out(answers)
    assert len(won) <= 1  # none if all came before the cancellation
    assert lost.keys() <= {"appointment_doctor_no_overlap"}
    active = [row["id"] for row in await owner.fetch(ROWS, doctor) if row["status"] == "confirmed"]
    assert active == [answer.json()["id"] for answer in won]


async def test_a_rush_does_not_delay_other_doctors(client: AsyncClient, owner: Connection) -> None:
    rushed, quiet = await make_doctor(owner), await make_doctor(owner, fee=0)
    *crowd, patient = await make_patients(owner, 31)
    async with owner.transaction():
        await owner.execute("SELECT FROM doctor WHERE account_id = $1 FOR UPDATE", rushed)
        # half of them with an Idempotency-Key
        rush = [
            asyncio.create_task(booking_request(one, rushed).send(client, f"rush-{one}" if one % 2 else None))
            for one in crowd
        ]
        await asyncio.sleep(0.5)  # until all of them wait
        assert await booked(client, patient, quiet, a_slot())
        # if they held the connections, this booking would have waited until some gave up waiting for the lock
        assert not any(task.done() for task in rush)
    won, _ = sort_out(await asyncio.gather(*rush))
    assert len(won) == 1
