"""`GET appointments/appointments/`: the two parties see an appointment, nobody else does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from app.domain.fields import MAX_ID
from tests.support.factories import SLOT, a_slot, bearer, make_doctor, make_patient, make_patients, past_appointment
from tests.support.http.answers import assert_problem, instant
from tests.support.http.bookings import APPOINTMENTS, booked, cancel
from tests.support.http.pagination import pages
from tests.support.servers.databases import Database


async def listed(client: httpx.AsyncClient, headers: dict[str, str], **query: object) -> list[int]:
    """Return the ids of the caller's appointments."""
    answer = await client.get(APPOINTMENTS, headers=headers, params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return [appointment["id"] for appointment in answer.json()]


async def test_both_parties_see_the_same_and_others_nothing(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    doctor, (patient, stranger) = await make_doctor(owner), await make_patients(owner, 2)
    path = f"{APPOINTMENTS}{await booked(client, patient, doctor, a_slot())}/"
    seen = await client.get(path, headers=bearer(patient, "patient"))
    assert seen.status_code == 200
    assert (await client.get(path, headers=bearer(doctor, "doctor"))).json() == seen.json()
    others = [bearer(stranger, "patient"), bearer(await make_doctor(owner), "doctor")]
    refused = [await client.get(path, headers=headers) for headers in others]
    absent = await client.get(f"{APPOINTMENTS}{MAX_ID}/", headers=bearer(patient, "patient"))
    assert assert_problem(absent, 404, "not_found") == refused[0].json() == refused[1].json()
    assert_problem(await client.get(path), 401, "unauthorized")


async def test_a_list_holds_ones_own_in_order_of_their_start(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    doctors, (mine, other) = [await make_doctor(owner) for _ in range(2)], await make_patients(owner, 2)
    third = await booked(client, mine, doctors[0], a_slot(3))
    first = await booked(client, mine, doctors[1], a_slot(1))
    second = await booked(client, mine, doctors[0], a_slot(2))
    foreign = await booked(client, other, doctors[0], a_slot(0))
    assert await listed(client, bearer(mine, "patient")) == [first, second, third]
    assert await listed(client, bearer(doctors[0], "doctor")) == [foreign, second, third]
    assert await listed(client, bearer(await make_patient(owner), "patient")) == []


async def test_by_status(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, free, patient = await make_doctor(owner), await make_doctor(owner, fee=0), await make_patient(owner)
    pending = await booked(client, patient, doctor, a_slot(0))
    confirmed = await booked(client, patient, free, a_slot(1))
    canceled = await booked(client, patient, free, a_slot(2))
    await cancel(client, patient, canceled)
    mine = bearer(patient, "patient")
    assert await listed(client, mine, status="pending") == [pending]
    assert await listed(client, mine, status="confirmed") == [confirmed]
    assert await listed(client, mine, status="canceled") == [canceled]
    assert await listed(client, mine, status="expired") == []
    either = await client.get(f"{APPOINTMENTS}?status=canceled&status=pending", headers=mine)
    assert [appointment["id"] for appointment in either.json()] == [pending, canceled]


@pytest.mark.parametrize("status", ["", "Pending", "cancelled", "pending,confirmed", "null"])
async def test_a_status_that_there_is_not_is_refused(
    client: httpx.AsyncClient, owner: asyncpg.Connection, status: str
) -> None:
    mine = bearer(await make_patient(owner), "patient")
    problem = assert_problem(await client.get(APPOINTMENTS, headers=mine, params={"status": status}), 400)
    assert [error["field"] for error in problem["errors"]] == ["status"]


async def test_the_status_is_the_one_that_counts_now(
    client: httpx.AsyncClient, owner: asyncpg.Connection, database: Database
) -> None:
    doctor, patient, start = await make_doctor(owner), await make_patient(owner), a_slot()
    ago = datetime.now(UTC) - timedelta(minutes=1)
    superuser = await asyncpg.connect(database.superuser)
    lapsed = await past_appointment(superuser, doctor, patient, start=start, hold_expires_at=ago)
    over = await past_appointment(superuser, doctor, patient, status="confirmed", seat=2)
    await superuser.close()
    mine = bearer(patient, "patient")
    assert await listed(client, mine, status="pending") == await listed(client, mine, status="confirmed") == []
    assert await listed(client, mine, status="expired") == [lapsed]
    assert await listed(client, mine, status="completed") == [over]
    assert (await client.get(f"{APPOINTMENTS}{lapsed}/", headers=mine)).json()["status"] == "expired"
    again = await booked(client, patient, doctor, start)
    assert await listed(client, mine, status="pending") == [again]


async def test_from_is_included_and_to_is_not(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient, start = await make_doctor(owner), await make_patient(owner), a_slot()
    ids = [await booked(client, patient, doctor, start + n * SLOT) for n in range(4)]
    mine = bearer(patient, "patient")
    starts = [(start + n * SLOT).isoformat() for n in range(4)]
    assert await listed(client, mine, **{"from": starts[1], "to": starts[3]}) == ids[1:3]
    assert await listed(client, mine, to=starts[1]) == ids[:1]
    assert await listed(client, mine, **{"from": starts[2], "status": "pending"}) == ids[2:]
    assert await listed(client, mine, **{"from": starts[2], "to": starts[2]}) == []


async def test_pages_have_no_gaps_and_no_duplicates_while_others_book(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    doctor, start = await make_doctor(owner), a_slot()
    there = [await booked(client, await make_patient(owner), doctor, start + 2 * n * SLOT) for n in range(7)]
    seen: list[dict[str, Any]] = []
    late: list[int] = []
    async for page in pages(client, f"{APPOINTMENTS}?limit=3&status=pending", bearer(doctor, "doctor")):
        assert len(page) <= 3
        seen += page
        if not late:  # one before what has been seen, one behind it
            late = [await booked(client, await make_patient(owner), doctor, start + n * SLOT) for n in (1, 9)]
    ids = [appointment["id"] for appointment in seen]
    assert [appointment for appointment in ids if appointment in there] == there
    assert set(ids) - set(there) == {late[1]}
    starts = [instant(appointment["appointment_date"]) for appointment in seen]
    assert starts == sorted(starts)
