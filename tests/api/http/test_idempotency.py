"""`Idempotency-Key`: a repeated request has its effect once, and a refused one leaves no receipt."""

import asyncio

import httpx
import pytest
import pytest_asyncio
from asyncpg import Connection
from httpx import AsyncClient
from litestar.routes import HTTPRoute

from app.main import create_app
from app.settings import Settings
from tests.support.factories import SLOT, a_slot, bearer, make_doctor, make_patients
from tests.support.http.answers import assert_problem
from tests.support.http.bookings import booked, cancel, count_bookings
from tests.support.http.idempotent_requests import (
    IDEMPOTENT_REQUESTS,
    KEY,
    REPLAYED,
    Practice,
    booking_request,
    new_key,
    receipts,
    state,
)
from tests.support.http.openapi_contract import Contract
from tests.support.http.schedules import TIME_OFF
from tests.support.paypal.payment_client import PaymentClient
from tests.support.servers.databases import Database

TIMES = 20


@pytest_asyncio.fixture
async def doctor(owner: Connection) -> int:
    return await make_doctor(owner, fee=0)


@pytest_asyncio.fixture
async def practice(database: Database, owner: Connection, payment_client: PaymentClient) -> Practice:
    return Practice(database, owner, payment_client)


def test_every_post_outside_accounts_honours_a_key(contract: Contract, settings: Settings) -> None:
    routes = [route for route in create_app(settings).routes if isinstance(route, HTTPRoute)]
    posts = {
        route.path_format: handler
        for route in routes
        for method, (handler, _) in route.route_handler_map.items()
        if method == "POST" and not route.path.startswith("/api/accounts/")
    }
    posts.pop("/api/payments/webhooks/paypal")  # its events have ids
    for button in ("", "/decline"):  # browsers send no key, and a second press has no effect
        posts.pop(f"/api/appointments/offers/link/{{token}}{button}")
    assert {handler.operation_id for handler in posts.values()} == IDEMPOTENT_REQUESTS.keys()
    documented = {found.spec["operationId"] for found in contract.operations if KEY in found.parameters("header")}
    assert documented == IDEMPOTENT_REQUESTS.keys()
    for found in contract.operations:
        if found.spec["operationId"] in IDEMPOTENT_REQUESTS:
            assert {"400", "409", "422"} <= found.spec["responses"].keys()


@pytest.mark.parametrize("name", IDEMPOTENT_REQUESTS)
async def test_twenty_concurrent_requests_have_one_effect(client: AsyncClient, practice: Practice, name: str) -> None:
    alone, act, key = await IDEMPOTENT_REQUESTS[name](practice), await IDEMPOTENT_REQUESTS[name](practice), new_key()
    before = await state(practice.owner, act)
    unkeyed = await alone.send(client)
    assert unkeyed.is_success, unkeyed.text
    answers = await asyncio.gather(*(act.send(client, key) for _ in range(TIMES)))
    assert {answer.status_code for answer in answers} == {unkeyed.status_code}, answers[0].text
    assert len({answer.content for answer in answers}) == 1
    assert [answer.headers.get(REPLAYED) for answer in answers].count("true") == TIMES - 1
    assert answers[0].json().keys() == unkeyed.json().keys()
    after = await state(practice.owner, act)
    assert after == await state(practice.owner, alone) != before
    again = await act.send(client, key)
    assert (again.status_code, again.content) == (answers[0].status_code, answers[0].content)
    assert again.headers[REPLAYED] == "true"
    assert await state(practice.owner, act) == after


async def test_a_refusal_is_not_kept(client: AsyncClient, owner: Connection, doctor: int) -> None:
    (first, second), key = await make_patients(owner, 2), new_key()
    appointment = await booked(client, first, doctor, a_slot())
    act = booking_request(second, doctor)
    refused = await asyncio.gather(*(act.send(client, key) for _ in range(5)))
    for answer in refused:
        assert_problem(answer, 409, "appointment_doctor_no_overlap")
    assert await receipts(owner, second) == 0
    assert (await cancel(client, first, appointment)).status_code == 200
    assert (await act.send(client, key)).status_code == 201


async def test_a_refusal_lists_alternatives_as_without_a_key(
    client: AsyncClient, owner: Connection, doctor: int
) -> None:
    first, second = await make_patients(owner, 2)
    await booked(client, first, doctor, a_slot())
    await booked(client, second, doctor, a_slot(1))
    act = booking_request(second, doctor)
    keyed, unkeyed = await act.send(client, new_key()), await act.send(client)
    assert keyed.json() == unkeyed.json()
    assert keyed.json()["alternatives"]


async def test_only_a_change_is_kept(client: AsyncClient, owner: Connection, doctor: int, appointment: int) -> None:
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
    client: AsyncClient, owner: Connection, doctor: int, patient: int, table: str, timing: str
) -> None:
    act, key = booking_request(patient, doctor), new_key()
    await owner.execute(f"""
        CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'spoilt'; END $$;
        CREATE CONSTRAINT TRIGGER spoil AFTER {timing} ON {table} DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION spoil()
    """)
    try:
        assert_problem(await act.send(client, key), 500)
    finally:
        await owner.execute("DROP FUNCTION spoil() CASCADE")
    assert (await receipts(owner, patient), await count_bookings(owner, doctor)) == (0, 0)
    assert (await act.send(client, key)).status_code == 201
