"""`Idempotency-Key`: what had no effect leaves no receipt, and what has one leaves both or neither."""

import asyncio

import asyncpg
import httpx
import pytest

from tests.support.factories import SLOT, a_slot, bearer, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem
from tests.support.http.bookings import booked, cancel
from tests.support.http.idempotent_requests import KEY, booking_request, bookings, new_key, receipts
from tests.support.http.schedules import TIME_OFF


@pytest.fixture
async def doctor(owner: asyncpg.Connection) -> int:
    """A doctor who charges nothing."""
    return await make_doctor(owner, fee=0)


async def test_a_refusal_is_not_kept(client: httpx.AsyncClient, owner: asyncpg.Connection, doctor: int) -> None:
    (first, second), key = await make_patients(owner, 2), new_key()
    appointment = await booked(client, first, doctor, a_slot())
    act = booking_request(second, doctor)
    refused = await asyncio.gather(*(act.send(client, key) for _ in range(5)))
    for answer in refused:
        assert_problem(answer, 409, "appointment_doctor_no_overlap")
    assert await receipts(owner, second) == 0
    assert (await cancel(client, first, appointment)).status_code == 200
    assert (await act.send(client, key)).status_code == 201


async def test_a_refusal_is_explained_as_ever(
    client: httpx.AsyncClient, owner: asyncpg.Connection, doctor: int
) -> None:
    (first, second) = await make_patients(owner, 2)
    await booked(client, first, doctor, a_slot())
    await booked(client, second, doctor, a_slot(1))
    act = booking_request(second, doctor)
    keyed, unkeyed = await act.send(client, new_key()), await act.send(client)
    assert keyed.json() == unkeyed.json()
    assert keyed.json()["alternatives"]


async def test_a_change_that_is_not_kept_is_undone(
    client: httpx.AsyncClient, owner: asyncpg.Connection, doctor: int
) -> None:
    """Time off that appointments are in the way of: first as a dry run, then refused, then with their cancellation."""
    appointment = await booked(client, await make_patient(owner), doctor, a_slot())
    during = {"start": a_slot().isoformat(), "end": (a_slot() + SLOT).isoformat()}
    off = "SELECT count(*) FROM time_off WHERE doctor_id = $1"

    async def take(key: str, **how: bool) -> httpx.Response:
        return await client.post(TIME_OFF, headers=bearer(doctor, "doctor") | {KEY: key}, json=during | how)

    tried = new_key()
    dry = await take(tried, dry_run=True)
    assert [dry.status_code, await owner.fetchval(off, doctor)] == [200, 0]
    refused, key = assert_problem(await take(new_key()), 409, "time_off_no_appointment"), new_key()
    assert [affected["id"] for affected in refused["affected"]] == [appointment]
    taken = await take(key, cancel_affected=True)
    assert [taken.status_code, await owner.fetchval(off, doctor)] == [201, 1]
    assert (await take(tried, dry_run=True)).content == dry.content
    assert (await take(key, cancel_affected=True)).content == taken.content


@pytest.mark.parametrize(("table", "timing"), [("receipt", "UPDATE"), ("appointment", "INSERT")])
async def test_the_receipt_commits_with_the_effect(
    client: httpx.AsyncClient, owner: asyncpg.Connection, doctor: int, table: str, timing: str
) -> None:
    """Whichever of the two fails, at the very end, neither is there."""
    patient, key = await make_patient(owner), new_key()
    act = booking_request(patient, doctor)
    await owner.execute(f"""
        CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'spoilt'; END $$;
        CREATE CONSTRAINT TRIGGER spoil AFTER {timing} ON {table} DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION spoil()
    """)
    try:
        assert_problem(await act.send(client, key), 500)
    finally:
        await owner.execute("DROP FUNCTION spoil() CASCADE")
    assert (await receipts(owner, patient), await bookings(owner, doctor)) == (0, 0)
    assert (await act.send(client, key)).status_code == 201
