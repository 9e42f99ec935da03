"""Operations whose own SQL statement checks the login: once it has ended, they read and change nothing."""

import asyncio
from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import pytest
from litestar.routes import HTTPRoute

from app.domain.auth.tokens import LOGIN_CHECKED_BY_STATEMENT
from app.main import create_app
from app.settings import Settings
from tests.support.factories import a_slot, bearer, make_doctor, make_patient
from tests.support.http.answers import assert_problem
from tests.support.http.bookings import APPOINTMENTS, post_booking

ROWS = "SELECT a::text FROM appointment AS a WHERE doctor_id = $1 ORDER BY id"


def operations(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the method and path of each of these operations."""
    for route in create_app(settings).routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if handler.opt.get(LOGIN_CHECKED_BY_STATEMENT):
                yield from ((method, route.path_format) for method in handler.http_methods - {"OPTIONS"})


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "a"}], ids=["", "with a key"])
@pytest.mark.parametrize("end", ["generation = generation + 1", "status = 'disabled'"])
async def test_an_ended_login_reads_and_changes_nothing(
    settings: Settings, client: httpx.AsyncClient, owner: asyncpg.Connection, end: str, key: dict[str, str]
) -> None:
    calls = list(operations(settings))
    assert {method for method, _ in calls} == {"GET", "POST"}
    assert APPOINTMENTS.rstrip("/") in {path for _, path in calls}
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    appointment = (await post_booking(client, patient, doctor, a_slot())).json()["id"]
    headers: dict[str, Any] = {**bearer(patient, "patient"), **key}
    before = await owner.fetch(ROWS, doctor)
    await owner.execute(f"UPDATE account SET {end} WHERE id = $1", patient)
    for method, path in calls:
        body = {"doctor": doctor, "appointment_date": a_slot(1).isoformat()}
        if "reschedule" in path:
            del body["doctor"]
        sent = body if method == "POST" and "cancel" not in path else None
        at = f"{path.format(appointment_id=appointment)}/"
        answer = await client.request(method, at, headers=headers, json=sent)
        assert_problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert await owner.fetch(ROWS, doctor) == before


async def test_the_next_request_of_the_connection_is_anonymous(
    client: httpx.AsyncClient, owner: asyncpg.Connection, doctor: int, patient: int
) -> None:
    await owner.execute("UPDATE account SET generation = generation + 1 WHERE id = $1", patient)
    ended = bearer(patient, "patient")["Authorization"]
    requests = (
        f"GET {APPOINTMENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: {ended}\r\n\r\n"
        f"GET /api/doctors/{doctor}/slots/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write(requests.encode())  # both at once, so that the second starts as the first is answered
    answers = (await reader.read()).split(b"HTTP/1.1 ")[1:]
    writer.close()
    assert [answer[:3] for answer in answers] == [b"401", b"200"]
