"""Every request has an id: in the response, in its log lines, and in the notifications that it writes."""

import re
from collections.abc import MutableMapping
from typing import Any

import pytest
from asyncpg import Connection
from httpx import AsyncClient
from structlog.testing import capture_logs

from app.logs import add_request_id
from tests.support.db.offers import waiting
from tests.support.factories import SLOT, a_slot, bearer, book, make_doctor, make_patient, make_patients
from tests.support.http.answers import json_of
from tests.support.http.bookings import APPOINTMENTS, cancel, post_booking
from tests.support.http.registration import LOGIN, REGISTER, newcomer, unknown_constraint
from tests.support.http.schedules import TIME_OFF

HEADER = "X-Request-ID"
MADE = re.compile("[0-9a-f]{32}")
MARKS = "SELECT kind, account_id, request_id FROM notification AS n WHERE appointment_id = ANY ($1) ORDER BY n.id"

Line = MutableMapping[str, Any]


def answered(logs: list[Line], request_id: str) -> Line:
    """Return the log line of a completed request."""
    (line,) = [line for line in logs if line["event"] == "request_completed" and line["request"] == request_id]
    return line


async def marks(db: Connection, *appointments: int) -> list[tuple[str, int, str | None]]:
    """Return (kind, account, request id) of each mail about these appointments, in order."""
    return [tuple(row) for row in await db.fetch(MARKS, appointments)]


@pytest.mark.parametrize("given", ["a", "7c9e6679-7425-40de-944b-e07fc1f90ae7", "A.b_c-9", "x" * 64])
async def test_a_well_formed_id_comes_back(client: AsyncClient, given: str) -> None:
    for path in ("/api/doctors/", "/nothing", "/api/accounts/me/", "/health/live", "/docs"):
        assert (await client.get(path, headers={HEADER: given})).headers.get_list(HEADER) == [given], path


@pytest.mark.parametrize("given", [None, "", "x" * 65, "a b", "a;b", "\u00e9", "%0A", "a\u2028b", "<a@b>"])
async def test_a_malformed_id_is_replaced(client: AsyncClient, given: str | None) -> None:
    headers = {} if given is None else {HEADER.encode(): given.encode()}
    made = [(await client.get(path, headers=headers)).headers[HEADER] for path in ("/api/doctors/", "/nothing")]
    assert all(map(MADE.fullmatch, made))
    assert len(set(made)) == 2


async def test_every_refusal_carries_the_id(client: AsyncClient, owner: Connection) -> None:
    async with unknown_constraint(owner):
        refused = [
            await client.delete("/api/doctors/", headers={HEADER: "405"}),
            await client.post(LOGIN, headers={HEADER: "400"}, content=b"{"),
            await client.post(LOGIN, headers={HEADER: "401"}, json={"username": "nobody", "password": "x"}),
            await client.post(LOGIN, headers={HEADER: "413"}, content=b"x" * 2**21),
            await client.post(LOGIN, headers={HEADER: "415", "Content-Type": "text/plain"}, content=b"x"),
            await client.post(REGISTER, headers={HEADER: "500"}, json=newcomer(username="surprise")),
        ]
    for answer in refused:
        assert answer.headers[HEADER] == str(answer.status_code), answer.text


async def test_notifications_carry_the_id(client: AsyncClient, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0, max_appointments=1), await make_patient(owner)
    body = {"doctor": doctor, "appointment_date": a_slot().isoformat()}
    answer = await client.post(APPOINTMENTS, headers=bearer(patient, "patient") | {HEADER: "first"}, json=body)
    appointment = json_of(answer, 201)["id"]
    (waits,) = await waiting(owner, doctor, 1)
    path = f"{APPOINTMENTS}{appointment}/cancel/"
    await client.post(path, headers=bearer(patient, "patient") | {HEADER: "second"})
    assert await marks(owner, appointment) == [
        ("appointment_confirmed", patient, "first"),
        ("appointment_confirmed", doctor, "first"),
        ("appointment_canceled", patient, "second"),
        ("appointment_canceled", doctor, "second"),
    ]
    on_offer = await owner.fetchval("SELECT id FROM appointment WHERE doctor_id = $1 AND status = 'offered'", doctor)
    assert await marks(owner, on_offer) == [("slot_offered", waits, "second")]


async def test_each_request_has_its_own_id(client: AsyncClient, owner: Connection) -> None:
    doctor, patients = await make_doctor(owner, fee=0), await make_patients(owner, 12)
    for number, patient in enumerate(patients):  # more than there are connections
        answer = await post_booking(client, patient, doctor, a_slot(number))
        assert MADE.fullmatch(answer.headers[HEADER])
        appointment = answer.json()["id"]
        booked = [("appointment_confirmed", account, answer.headers[HEADER]) for account in (patient, doctor)]
        assert await marks(owner, appointment) == booked
        answer = await cancel(client, patient, appointment)
        assert {mark for _, _, mark in (await marks(owner, appointment))[2:]} == {answer.headers[HEADER]}


async def test_mails_of_a_bulk_cancellation_carry_it(client: AsyncClient, owner: Connection) -> None:
    doctor, patients = await make_doctor(owner), await make_patients(owner, 2)
    held = [await book(owner, patients[n % 2], doctor, a_slot(n)) for n in range(4)]
    headers = bearer(doctor, "doctor") | {HEADER: "bulk"}
    assert (await client.post(f"{APPOINTMENTS}doctor_bulk_cancel/", headers=headers)).json()["count"] == 4
    assert await marks(owner, *held) == [("appointment_canceled", patient, "bulk") for patient in patients]


async def test_mails_about_time_off_carry_it(client: AsyncClient, owner: Connection, doctor: int, patient: int) -> None:
    appointment = await book(owner, patient, doctor, a_slot())
    body = {"start": a_slot().isoformat(), "end": (a_slot() + SLOT).isoformat(), "cancel_affected": True}
    json_of(await client.post(TIME_OFF, headers=bearer(doctor, "doctor") | {HEADER: "away"}, json=body), 201)
    assert await marks(owner, appointment) == [("appointment_canceled", patient, "away")]


async def test_the_log_contains_the_route_and_not_the_path(client: AsyncClient, doctor: int) -> None:
    with capture_logs([add_request_id]) as logs:
        await client.get(f"/api/doctors/{doctor}/slots/?from=bob", headers={HEADER: "a"})
        await client.get("/api/bob@example.com/?name=bob", headers={HEADER: "b"})
        await client.post(LOGIN, headers={HEADER: "c"}, json={"username": "bob", "password": "x"})
    lines = [answered(logs, request_id) for request_id in "abc"]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/api/doctors/{doctor_id}/slots", 400),
        ("GET", None, 404),
        ("POST", "/api/accounts/login", 401),
    ]
    assert all(0 < line["ms"] < 60_000 for line in lines)
    assert "bob" not in str(logs)


async def test_every_line_about_a_request_has_its_id(client: AsyncClient, owner: Connection) -> None:
    async with unknown_constraint(owner):
        with capture_logs([add_request_id]) as logs:
            await client.post(REGISTER, headers={HEADER: "odd"}, json=newcomer(username="surprise"))
    assert [line["event"] for line in logs if line["request"] == "odd"] == ["server_error", "request_completed"]


async def test_health_checks_are_not_logged(client: AsyncClient) -> None:
    with capture_logs() as logs:
        await client.get("/health/live")
        await client.get("/health/ready")
        await client.get("/docs")  # its line shows that the others would have been logged
    assert [line["route"] for line in logs] == ["/docs"]
