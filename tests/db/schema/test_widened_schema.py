"""During a deployment, processes of the previous release run on a schema with additional columns.

Every operation answers as before, in a process with prepared statements and in a new one.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from asyncpg import Connection
from httpx import AsyncClient

from app.domain.auth.tokens import Role
from app.main import create_app
from app.sandbox.paypal.server import PayPalStandIn
from app.settings import Settings
from tests.support.db.widened_schema import widen
from tests.support.factories import SLOT, a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.bookings import APPOINTMENTS, booked, cancel, post_booking
from tests.support.http.permissions import CALLERS, PERMISSIONS, addresses_of, body_of, make_scene, told
from tests.support.http.registration import LOGIN, ME, PASSWORD, register
from tests.support.http.valid_requests import EXAMPLE_REQUESTS, ExampleRequest
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.payment_client import PaymentClient
from tests.support.servers.databases import Database, connected
from tests.support.servers.http_server import serving

TIME_OFF, HOURS = "/api/doctors/me/time-off/", "/api/doctors/me/working-hours/"
OFFERS, WAITLIST = "/api/appointments/offers/", "/api/appointments/waitlist/"
MIDNIGHT_TO_NOON = [{"weekday": day, "start": "00:00", "end": "12:00"} for day in range(1, 8)]


@pytest_asyncio.fixture(scope="module")
async def processes(
    settings: Settings, api_url: str, database: Database, stand_in: PayPalStandIn
) -> AsyncIterator[dict[str, str]]:
    """The URLs of an API that was used before the schema was widened, and of one that was started afterwards."""
    async with connected(database.owner) as db:
        async with AsyncClient(base_url=api_url, timeout=60) as client, FakePayPal(stand_in.url) as paypal:
            await call_everything(settings, db, client)
            for accepts in (True, False):
                await live_a_story(PaymentClient(client, db, database, paypal), accepts=accepts)
            await change_schedules(db, client)
            await use_an_account(client)
        assert await widen(db) > 40
    async with serving(create_app(settings)) as new:
        yield {"running": api_url, "new": new}


@pytest_asyncio.fixture(params=["running", "new"])
async def client(processes: dict[str, str], request: pytest.FixtureRequest) -> AsyncIterator[AsyncClient]:
    """A client of either process."""
    async with AsyncClient(base_url=processes[request.param], timeout=60) as client:
        yield client


async def call_everything(settings: Settings, db: Connection, client: AsyncClient) -> dict[str, str]:
    """Call each operation with a permitted role; return the answers in the notation of PERMISSIONS."""
    answers = {}
    for name, (method, path) in addresses_of(create_app(settings)).items():
        scene = await make_scene(db, client, name)
        headers = scene.a.headers(role_of(name))
        answer = await client.request(method, scene.a.path(path), headers=headers, json=body_of(name, scene))
        answers[name] = told(answer)
    return answers


def role_of(name: str) -> Role:
    """Return a role that may call an operation."""
    given = EXAMPLE_REQUESTS.get(name, ExampleRequest()).role
    return given or ("doctor" if PERMISSIONS[name].split()[CALLERS.index("patient A")] == "403" else "patient")


async def live_a_story(payments: PaymentClient, *, accepts: bool) -> None:
    """Book, pay and cancel. A waiting patient gets an offer, accepts it or books the slot, and pays idempotently."""
    paid = await payments.paid(await payments.hold(max_appointments=1))
    waiting = await make_patient(payments.owner)
    client, headers = payments.client, bearer(waiting, "patient")
    joined = await client.post(WAITLIST, headers=headers, json={"doctor": paid.doctor})
    assert joined.status_code == 201, joined.text
    canceled = await cancel(client, paid.patient, paid.appointment)
    assert (canceled.status_code, canceled.json()["status"]) == (200, "canceled")
    (offer,) = (await client.get(OFFERS, headers=headers)).json()
    if accepts:
        taken = await client.post(f"{OFFERS}{offer['id']}/accept/", headers=headers)
    else:
        taken = await post_booking(client, waiting, paid.doctor, datetime.fromisoformat(offer["appointment_date"]))
    assert (taken.status_code, taken.json()["status"]) == (200 if accepts else 201, "pending")
    body = {"appointment_id": taken.json()["id"], "amount": "100.00", "currency": "USD"}
    for _ in range(2):
        keyed = await client.post("/api/payments/create/", headers=headers | {"Idempotency-Key": "k"}, json=body)
        assert keyed.status_code == 201, keyed.text


async def change_schedules(db: Connection, client: AsyncClient) -> None:
    """Book idempotently, then change the schedule in each way that cancels an appointment."""
    doctor, patient = await make_doctor(db), await make_patient(db)
    headers = bearer(doctor, "doctor")
    start = a_slot().replace(hour=18)
    body = {"doctor": doctor, "appointment_date": start.isoformat()}
    for _ in range(2):
        keyed = await client.post(
            APPOINTMENTS, headers=bearer(patient, "patient") | {"Idempotency-Key": "k"}, json=body
        )
        assert keyed.status_code == 201, keyed.text
    appointment = keyed.json()["id"]
    off = {"start": start.isoformat(), "end": (start + SLOT).isoformat()}
    refused = await client.post(TIME_OFF, headers=headers, json=off)
    assert (refused.status_code, [a["id"] for a in refused.json()["affected"]]) == (409, [appointment])
    added = await client.post(TIME_OFF, headers=headers, json=off | {"cancel_affected": True})
    assert (added.status_code, [a["id"] for a in added.json()["affected"]]) == (201, [appointment])
    appointment = await booked(client, patient, doctor, start + SLOT)
    week = {"working_hours": MIDNIGHT_TO_NOON, "cancel_affected": True}
    replaced = await client.put(HOURS, headers=headers, json=week)
    assert (replaced.status_code, [a["id"] for a in replaced.json()["affected"]]) == (200, [appointment])
    appointment = await booked(client, patient, doctor, start.replace(hour=11))
    moved = await client.patch(ME, headers=headers, json={"timezone": "Asia/Kolkata", "cancel_affected": True})
    assert (moved.status_code, [a["id"] for a in moved.json()["affected"]]) == (200, [appointment])
    assert moved.json()["timezone"] == "Asia/Kolkata"


async def use_an_account(client: AsyncClient) -> None:
    """Register, log in, change the profile and export the account, for each role."""
    for role in ("doctor", "patient"):
        person = await register(client, role)
        account = {"username": person.account["username"], "password": PASSWORD}
        assert (await client.post(LOGIN, json=account)).status_code == 200
        changed = await client.patch(ME, headers=person.headers, json={"full_name": "Ada"})
        assert (changed.status_code, changed.json()["full_name"]) == (200, "Ada")
        assert (await client.get(f"{ME}export/", headers=person.headers)).status_code == 200


async def test_every_operation_answers_as_before(settings: Settings, owner: Connection, client: AsyncClient) -> None:
    answers = await call_everything(settings, owner, client)
    expected = {name: PERMISSIONS[name].split()[CALLERS.index(f"{role_of(name)} A")] for name in answers}
    assert answers == expected


@pytest.mark.parametrize("accepts", [True, False])
async def test_a_slot_is_booked_paid_canceled_offered_and_taken(
    owner: Connection, client: AsyncClient, database: Database, stand_in: PayPalStandIn, *, accepts: bool
) -> None:
    async with FakePayPal(stand_in.url) as fake_paypal:
        await live_a_story(PaymentClient(client, owner, database, fake_paypal), accepts=accepts)


async def test_schedules_change_and_show_what_is_in_the_way(owner: Connection, client: AsyncClient) -> None:
    await change_schedules(owner, client)


async def test_accounts_are_used(client: AsyncClient) -> None:
    await use_an_account(client)


async def test_a_refusal_shows_appointments(owner: Connection, client: AsyncClient) -> None:
    patient = await register(client)
    doctor = await make_doctor(owner)
    soon = await book(owner, patient.account["id"], doctor, a_slot(after=timedelta(hours=20)))
    refused = await post_booking(client, patient.account["id"], doctor, a_slot() + timedelta(minutes=7))
    assert (refused.status_code, len(refused.json()["alternatives"])) == (422, 5)
    kept = await client.request("DELETE", ME, headers=patient.headers, json={"password": PASSWORD})
    assert (kept.status_code, [a["id"] for a in kept.json()["affected"]]) == (422, [soon])
