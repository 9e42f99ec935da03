"""`GET appointments/appointments/`: what the two parties of an appointment see, and the filters."""

import pytest
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.db.past_visits import ago, visit
from tests.support.factories import SLOT, a_slot, bearer, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_invalid, json_of
from tests.support.http.bookings import APPOINTMENTS, booked, cancel
from tests.support.servers.databases import Database


async def listed(client: AsyncClient, headers: dict[str, str], **query: object) -> list[int]:
    """Return the ids of the caller's appointments."""
    answer = await client.get(APPOINTMENTS, headers=headers, params={name: str(value) for name, value in query.items()})
    return [appointment["id"] for appointment in json_of(answer)]


async def test_both_parties_see_the_same(client: AsyncClient, doctor: int, patient: int, appointment: int) -> None:
    path = f"{APPOINTMENTS}{appointment}/"
    seen = json_of(await client.get(path, headers=bearer(patient, "patient")))
    assert json_of(await client.get(path, headers=bearer(doctor, "doctor"))) == seen


async def test_a_list_is_the_callers_own_sorted_by_start(client: AsyncClient, owner: Connection) -> None:
    doctors, (mine, other) = [await make_doctor(owner) for _ in range(2)], await make_patients(owner, 2)
    third = await booked(client, mine, doctors[0], a_slot(3))
    first = await booked(client, mine, doctors[1], a_slot(1))
    second = await booked(client, mine, doctors[0], a_slot(2))
    foreign = await booked(client, other, doctors[0], a_slot(0))
    assert await listed(client, bearer(mine, "patient")) == [first, second, third]
    assert await listed(client, bearer(doctors[0], "doctor")) == [foreign, second, third]
    assert await listed(client, bearer(await make_patient(owner), "patient")) == []


async def test_by_status(client: AsyncClient, owner: Connection) -> None:
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
    either = json_of(await client.get(f"{APPOINTMENTS}?status=canceled&status=pending", headers=mine))
    assert [appointment["id"] for appointment in either] == [pending, canceled]


@pytest.mark.parametrize("status", ["", "Pending", "cancelled", "pending,confirmed", "null"])
async def test_an_unknown_status_is_refused(client: AsyncClient, status: str, patient: int) -> None:
    mine = bearer(patient, "patient")
    assert_invalid(await client.get(APPOINTMENTS, headers=mine, params={"status": status}), "status")


async def test_the_status_is_the_current_one(
    client: AsyncClient, database: Database, doctor: int, patient: int
) -> None:
    start = a_slot()
    lapsed = await visit(database, doctor, patient, start, status="pending", hold_expires_at=ago(minutes=1))
    over = await visit(database, doctor, patient, ago(days=1), seat=2)
    mine = bearer(patient, "patient")
    assert await listed(client, mine, status="pending") == await listed(client, mine, status="confirmed") == []
    assert await listed(client, mine, status="expired") == [lapsed]
    assert await listed(client, mine, status="completed") == [over]
    assert (await client.get(f"{APPOINTMENTS}{lapsed}/", headers=mine)).json()["status"] == "expired"
    again = await booked(client, patient, doctor, start)
    assert await listed(client, mine, status="pending") == [again]


async def test_from_is_included_and_to_is_not(client: AsyncClient, doctor: int, patient: int) -> None:
    start = a_slot()
    ids = [await booked(client, patient, doctor, start + n * SLOT) for n in range(4)]
    mine = bearer(patient, "patient")
    starts = [(start + n * SLOT).isoformat() for n in range(4)]
    assert await listed(client, mine, **{"from": starts[1], "to": starts[3]}) == ids[1:3]
    assert await listed(client, mine, to=starts[1]) == ids[:1]
    assert await listed(client, mine, **{"from": starts[2], "status": "pending"}) == ids[2:]
    assert await listed(client, mine, **{"from": starts[2], "to": starts[2]}) == []
