"""A request that takes too long is canceled with an error, and later requests are served."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from argon2 import PasswordHasher
from asyncpg import Connection
from httpx import AsyncClient
from litestar import Litestar, get
from litestar.exceptions import ServiceUnavailableException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from msgspec.structs import replace
from structlog.testing import capture_logs
from structlog.types import EventDict

from app import outage_log
from app.api.middleware.time_limit import TimeLimit
from app.domain.auth import passwords
from app.settings import Settings
from tests.support.factories import a_slot, bearer, make_doctor, make_patients
from tests.support.http.answers import assert_problem
from tests.support.http.bookings import booked, post_booking
from tests.support.http.registration import ME, REGISTER, newcomer
from tests.support.http.schedules import TIME_OFF
from tests.support.servers.http_server import serving
from tests.support.servers.worker_process import eventually

SECONDS, POOL = 5, 10
NOBODY_WAITS = """
    SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))
"""


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Iterator[Settings]:
    """Settings with a short time limit. Passwords are hashed quickly: on a busy machine a normal hash takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield replace(settings, request_seconds=SECONDS)


@asynccontextmanager
async def locked(owner: Connection, table: str) -> AsyncIterator[None]:
    """Lock a table during this block, then wait until no statement waits for it."""
    async with owner.transaction():
        await owner.execute(f"LOCK TABLE {table}")
        yield
        await eventually(partial(owner.fetchval, NOBODY_WAITS))


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EventDict]]:
    """The log lines of the test. A server recovers as soon as a request succeeds."""
    monkeypatch.setattr(outage_log, "RECOVERY_SECONDS", 0)
    with capture_logs() as lines:
        yield lines


def outages_in(logs: list[EventDict]) -> list[tuple[str, str]]:
    """Return the log lines about outages."""
    return [(line["event"], line["server"]) for line in logs if line["event"] != "request_completed"]


async def test_a_read_may_be_repeated(client: AsyncClient, owner: Connection, logs: list[EventDict]) -> None:
    await make_doctor(owner)
    async with locked(owner, "doctor"):
        for _ in range(2):
            problem = assert_problem(await client.get("/api/doctors/"), 503, "unavailable")
            assert problem["detail"].endswith("Try again in a few seconds.")

    async def is_over() -> bool:
        assert (await client.get("/api/doctors/")).status_code == 200
        return outages_in(logs) != [("server_unavailable", "api")]

    for _ in range(2):
        await eventually(is_over)
    assert outages_in(logs) == [("server_unavailable", "api"), ("server_available_again", "api")]


async def test_a_write_is_to_be_checked_before_it_is_repeated(
    client: AsyncClient, owner: Connection, patient: int
) -> None:
    doctor = await make_doctor(owner, fee=0)
    async with locked(owner, "appointment"):
        answer = await post_booking(client, patient, doctor, a_slot())
    problem = assert_problem(answer, 503, "unavailable")
    assert problem["detail"].endswith("check before you try again.")
    assert answer.headers["retry-after"]
    assert await booked(client, patient, doctor, a_slot())  # the timed-out booking had no effect


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", REGISTER, newcomer()),
        ("PATCH", ME, {"specialty": "heart"}),
        ("POST", TIME_OFF, {"start": a_slot(20).isoformat(), "end": a_slot(21).isoformat()}),
    ],
)
async def test_every_kind_of_write_is_limited(
    client: AsyncClient, owner: Connection, method: str, path: str, body: dict[str, object]
) -> None:
    headers = bearer(await make_doctor(owner), "doctor")
    async with locked(owner, "doctor, account"):
        assert_problem(await client.request(method, path, json=body, headers=headers), 503, "unavailable")
    assert (await client.request(method, path, json=body, headers=headers)).is_success


async def test_waiting_for_a_connection_has_no_effect(client: AsyncClient, owner: Connection) -> None:
    patients = await make_patients(owner, 2 * POOL)
    # one doctor each: requests for the same doctor would queue without a connection
    doctors = [await make_doctor(owner, fee=0) for _ in patients]

    async def crowd() -> set[str]:
        async with locked(owner, "appointment"):
            wishes = [
                asyncio.create_task(post_booking(client, patient, doctor, a_slot()))
                for patient, doctor in zip(patients, doctors, strict=True)
            ]
            await asyncio.sleep(0.3)  # until all connections are in use
            looks = [client.get(ME, headers=bearer(patient, "patient")) for patient in patients]
            answers = await asyncio.gather(*wishes, *looks)
        answers = [answer for answer in answers if not answer.is_success]  # a late look may succeed
        return {assert_problem(answer, 503, "unavailable")["detail"].partition(". ")[2] for answer in answers}

    details = await crowd()
    while "Try again in a few seconds." not in details:  # on a busy machine they may all start too late to wait long
        details |= await crowd()
    assert len(details) == 2
    assert await booked(client, patients[0], doctors[0], a_slot())  # connections are available again


@asynccontextmanager
async def client_of(*handlers: HTTPRouteHandler, seconds: float = 0.4, **options: Any) -> AsyncIterator[AsyncClient]:
    """Serve an app with these handlers and this time limit; yield a client of it."""
    app = Litestar(handlers, middleware=[TimeLimit(seconds)], **options)
    async with serving(app) as url, AsyncClient(base_url=url) as client:
        yield client


@get("/", sync_to_thread=False)
def done() -> str:
    return "done"


async def test_a_started_response_may_take_longer() -> None:
    @get("/", sync_to_thread=False)
    def drip() -> Stream:
        async def drops() -> AsyncIterator[bytes]:
            for _ in range(4):
                yield b"drop"
                await asyncio.sleep(0.2)

        return Stream(drops())

    async with client_of(drip) as client:
        assert (await client.get("/")).text == 4 * "drop"


async def test_a_finished_response_is_sent() -> None:
    async def end_something_slow(*_: object) -> None:
        await asyncio.sleep(0.5)

    async with client_of(done, before_send=[end_something_slow]) as client:
        assert (await client.get("/")).text == "done"


async def test_a_handler_that_ignores_the_limit_may_respond() -> None:
    @get("/")
    async def deaf() -> str:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(10)
        return "done"

    async with client_of(deaf) as client:
        assert (await client.get("/")).text == "done"


async def test_an_outage_ends_once_no_earlier_request_can_time_out(logs: list[EventDict]) -> None:
    @get("/slow")
    async def slow() -> None:
        await asyncio.sleep(10)

    @get("/broken", sync_to_thread=False)
    def broken() -> None:
        raise ServiceUnavailableException

    async with client_of(slow, broken, done, seconds=1) as client:
        assert (await client.get("/slow")).is_server_error
        await asyncio.sleep(1.1)
        assert (await client.get("/broken")).status_code == 503
        assert outages_in(logs) == [("server_unavailable", "api")]
        assert (await client.get("/")).text == "done"
        assert outages_in(logs) == [("server_unavailable", "api"), ("server_available_again", "api")]
        del logs[:]
        began = time.monotonic()
        assert (await client.get("/slow")).is_server_error
        while len(outages_in(logs)) < 2:
            assert (await client.get("/")).text == "done"
            await asyncio.sleep(0.05)
        assert time.monotonic() - began > 2  # a request sent just before could also time out after a second
