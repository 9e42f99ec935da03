"""`Idempotency-Key`: who may use a key, for which request, and how long it is valid."""

import asyncio
import json
import time
from datetime import timedelta
from functools import partial

import pytest
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.factories import a_slot, bearer, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_invalid, assert_problem, json_of
from tests.support.http.bookings import APPOINTMENTS, booked, count_bookings
from tests.support.http.idempotent_requests import KEY, REPLAYED, booking_request, new_key, receipts
from tests.support.http.registration import LOGIN, PASSWORD, Person, delete_account
from tests.support.servers.worker_process import eventually

SOMEBODY_WAITS = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))"


@pytest.fixture
async def doctor(owner: Connection) -> int:
    return await make_doctor(owner, fee=0)


async def test_another_body_under_the_same_key_is_refused(
    client: AsyncClient, owner: Connection, doctor: int, patient: int
) -> None:
    key = new_key()
    assert (await booking_request(patient, doctor).send(client, key)).status_code == 201
    assert_problem(await booking_request(patient, doctor, 1).send(client, key), 422, "idempotency_key_reused")
    assert await count_bookings(owner, doctor) == 1


async def test_the_same_json_is_the_same_body(client: AsyncClient, doctor: int, patient: int) -> None:
    act, key = booking_request(patient, doctor), new_key()
    first = await act.send(client, key)
    backwards = json.dumps(dict(reversed((act.body or {}).items())), indent=2)
    again = await client.post(act.path, headers=act.headers | {KEY: key}, content=backwards)
    assert (again.status_code, again.content) == (201, first.content)


async def test_with_and_without_a_slash_is_the_same_route(client: AsyncClient, doctor: int, patient: int) -> None:
    act, key = booking_request(patient, doctor), new_key()
    first = await act.send(client, key)
    assert (await act._replace(path=act.path.rstrip("/")).send(client, key)).content == first.content


async def test_each_account_has_its_own_keys(client: AsyncClient, owner: Connection, doctor: int) -> None:
    (one, other), key = await make_patients(owner, 2), new_key()
    mine = await booking_request(one, doctor).send(client, key)
    theirs = await booking_request(other, doctor, 1).send(client, key)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert (mine.json()["patient"], theirs.json()["patient"]) == (one, other)
    assert REPLAYED not in theirs.headers


async def test_each_route_has_its_own_keys(client: AsyncClient, doctor: int, patient: int) -> None:
    key = {KEY: new_key()}
    appointments = [await booked(client, patient, doctor, a_slot(number)) for number in range(2)]
    for appointment in appointments:
        for call, body in (
            ("reschedule", {"appointment_date": a_slot(10 + appointment).isoformat()}),
            ("cancel", None),
        ):
            path = f"{APPOINTMENTS}{appointment}/{call}/"
            answer = await client.post(path, headers=bearer(patient, "patient") | key, json=body)
            assert (answer.status_code, REPLAYED in answer.headers) == (200, False), answer.text
            assert answer.json()["id"] == appointment


@pytest.mark.parametrize("end", ["generation = generation + 1", "status = 'disabled'"])
async def test_only_the_caller_gets_the_response(
    client: AsyncClient, owner: Connection, doctor: int, patient: int, end: str
) -> None:
    act, key = booking_request(patient, doctor), new_key()
    assert (await act.send(client, key)).status_code == 201
    assert_problem(await act._replace(headers={}).send(client, key), 401)
    assert_problem(await act._replace(headers=bearer(doctor, "doctor")).send(client, key), 403)
    await owner.execute(f"UPDATE account SET {end} WHERE id = $1", patient)
    assert_problem(await act.send(client, key), 401)


async def test_erasing_an_account_deletes_its_receipts(
    client: AsyncClient, owner: Connection, doctor: int, person: Person
) -> None:
    key = new_key()
    assert (await booking_request(person.id, doctor).send(client, key)).status_code == 201
    assert await receipts(owner, person.id) == 1
    json_of(await delete_account(client, person))
    assert_problem(await booking_request(person.id, doctor).send(client, key), 401)
    assert await receipts(owner, person.id) == 0


@pytest.mark.parametrize(
    "keys", [[b""], [b"x" * 256], [b"a b"], ["ä".encode()], [b"a\tb"], [b"one", b"two"], [b"a", b"a"]]
)
@pytest.mark.parametrize("path", [APPOINTMENTS, "/api/payments/create/"])
async def test_a_malformed_key_is_refused(
    client: AsyncClient, owner: Connection, doctor: int, keys: list[bytes], path: str, patient: int
) -> None:
    act = booking_request(patient, doctor)
    body = act.body if path == APPOINTMENTS else {"appointment_id": 1, "amount": "1.00", "currency": "USD"}
    headers = [(name.encode(), value.encode()) for name, value in act.headers.items()]
    named = [(KEY.encode(), key) for key in keys]
    assert_invalid(await client.post(path, headers=headers + named, json=body), KEY)
    assert await count_bookings(owner, doctor) == 0


async def test_the_longest_key(client: AsyncClient, owner: Connection, doctor: int) -> None:
    act, key = booking_request(await make_patient(owner), doctor), "~" * 255
    first = await act.send(client, key)
    assert (await act.send(client, key)).content == first.content


async def test_a_key_is_valid_for_a_day(client: AsyncClient, owner: Connection, doctor: int, patient: int) -> None:
    act, key = booking_request(patient, doctor), new_key()
    assert (await act.send(client, key)).status_code == 201
    age = "UPDATE receipt SET created_at = clock_timestamp() - $2::interval WHERE account_id = $1"
    await owner.execute(age, patient, timedelta(hours=24, seconds=-30))
    await owner.execute("SELECT sweep_receipts()")
    assert (await act.send(client, key)).headers[REPLAYED] == "true"
    await owner.execute(age, patient, timedelta(hours=24))
    assert_problem(await act.send(client, key), 409, "appointment_doctor_no_overlap")  # a new attempt
    # before the old receipt is swept
    assert (await booking_request(patient, doctor, 1).send(client, key)).status_code == 201
    await owner.execute(age, patient, timedelta(hours=24))
    await owner.execute("SELECT sweep_receipts()")
    assert await receipts(owner, patient) == 0


async def test_a_second_request_waits_for_the_first(
    client: AsyncClient, owner: Connection, doctor: int, patient: int
) -> None:
    act, key = booking_request(patient, doctor), new_key()
    async with owner.transaction():
        await owner.execute("SELECT FROM doctor WHERE account_id = $1 FOR UPDATE", doctor)
        sending = asyncio.gather(*(act.send(client, key) for _ in range(2)))
        await eventually(partial(owner.fetchval, SOMEBODY_WAITS))
    first, second = await sending
    assert (first.status_code, first.content) == (201, second.content)
    assert await count_bookings(owner, doctor) == 1


async def test_a_second_request_gives_up_waiting(
    client: AsyncClient, app: Connection, doctor: int, patient: int
) -> None:
    act, key = booking_request(patient, doctor), new_key()
    async with app.transaction():
        await app.execute("SELECT begin_receipt($1, 'book_appointment', $2, '')", patient, key)
        started = time.monotonic()
        answer = await act.send(client, key)
        assert time.monotonic() - started > 4
        assert_problem(answer, 409, "idempotency_key_in_use")
        assert int(answer.headers["Retry-After"]) > 0
    assert_problem(await act.send(client, key), 422, "idempotency_key_reused")  # the first has committed by now


async def test_no_receipts_for_accounts(client: AsyncClient, owner: Connection, person: Person) -> None:
    key = {KEY: "the same"}
    body = {"username": person.account["username"], "password": PASSWORD}
    first, second = [await client.post(LOGIN, json=body, headers=key) for _ in range(2)]
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["refresh"] != second.json()["refresh"]
    assert (await client.post("/api/accounts/logout/", headers=person.headers | key)).status_code < 300
    assert await receipts(owner, person.id) == 0
