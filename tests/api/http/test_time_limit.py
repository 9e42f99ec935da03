"""A request that is not done in time is given up: its caller is told so, and the next ones are served."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import httpx
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from litestar import Litestar, get
from litestar.exceptions import ServiceUnavailableException
from litestar.response import Stream
from structlog.testing import capture_logs
from structlog.types import EventDict

from app import outage_log
from app.api.middleware.time_limit import TimeLimit
from app.domain.auth import passwords
from app.main import create_app
from app.settings import Settings
from tests.conftest import UNLIMITED
from tests.support.factories import a_slot, bearer, make_doctor, make_patient
from tests.support.http.answers import assert_problem
from tests.support.http.bookings import booked, post_booking
from tests.support.http.registration import ME, REGISTER, newcomer
from tests.support.http.schedules import TIME_OFF
from tests.support.servers.databases import Database
from tests.support.servers.http_server import serving
from tests.support.servers.worker_process import eventually

SECONDS, POOL = 5, 10
NOBODY_WAITS = """
    SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))
"""


@pytest_asyncio.fixture(scope="module")
async def api_url(database: Database, redis_url: str, secret: str) -> AsyncIterator[str]:
    """The URL of an API that is short of time, and spends none on passwords: on a busy machine a hash takes seconds."""
    settings = Settings(
        secret_key=secret, database_url=database.app, redis_url=redis_url, request_seconds=SECONDS, **UNLIMITED
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        async with serving(create_app(settings)) as url:
            yield url


@asynccontextmanager
async def locked(owner: asyncpg.Connection, table: str) -> AsyncIterator[None]:
    """Keep everybody from a table, until nobody waits for it any more."""
    async with owner.transaction():
        await owner.execute(f"LOCK TABLE {table}")
        yield
        await eventually(partial(owner.fetchval, NOBODY_WAITS))


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EventDict]]:
    """What is logged meanwhile."""
    monkeypatch.setattr(outage_log, "RECOVERY_SECONDS", 0)
    with capture_logs() as lines:
        yield lines


def told_of(logs: list[EventDict]) -> list[tuple[str, str]]:
    """Return what was logged of outages."""
    return [(line["event"], line["server"]) for line in logs if line["event"] != "request_completed"]


async def test_whoever_reads_may_try_again(
    client: httpx.AsyncClient, owner: asyncpg.Connection, logs: list[EventDict]
) -> None:
    await make_doctor(owner)
    async with locked(owner, "doctor"):
        for _ in range(2):
            problem = assert_problem(await client.get("/api/doctors/"), 503, "unavailable")
            assert problem["detail"].endswith("Try again in a few seconds.")

    async def is_over() -> bool:
        assert (await client.get("/api/doctors/")).status_code == 200
        return told_of(logs) != [("server_unavailable", "api")]

    for _ in range(2):
        await eventually(is_over)
    assert told_of(logs) == [("server_unavailable", "api"), ("server_available_again", "api")]


async def test_whoever_writes_is_told_to_look_first(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    async with locked(owner, "appointment"):
        answer = await post_booking(client, patient, doctor, a_slot())
    problem = assert_problem(answer, 503, "unavailable")
    assert problem["detail"].endswith("check before you try again.")
    assert answer.headers["retry-after"]
    assert await booked(client, patient, doctor, a_slot())  # the server stopped, too, before it came to do it


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", REGISTER, newcomer()),
        ("PATCH", ME, {"specialty": "heart"}),
        ("POST", TIME_OFF, {"start": a_slot(20).isoformat(), "end": a_slot(21).isoformat()}),
    ],
)
async def test_whatever_it_was_about(
    client: httpx.AsyncClient, owner: asyncpg.Connection, method: str, path: str, body: dict[str, object]
) -> None:
    headers = bearer(await make_doctor(owner), "doctor")
    async with locked(owner, "doctor, account"):
        assert_problem(await client.request(method, path, json=body, headers=headers), 503, "unavailable")
    assert (await client.request(method, path, json=body, headers=headers)).is_success


async def test_whoever_waited_in_vain_for_a_connection_knows_that_nothing_was_done(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    patients = [await make_patient(owner) for _ in range(2 * POOL)]
    # a doctor for each: those who want the same one would line up without a connection
    doctors = [await make_doctor(owner, fee=0) for _ in patients]

    async def crowd() -> set[str]:
        async with locked(owner, "appointment"):
            wishes = [
                asyncio.create_task(post_booking(client, patient, doctor, a_slot()))
                for patient, doctor in zip(patients, doctors, strict=True)
            ]
            await asyncio.sleep(0.3)  # till the connections are taken
            looks = [client.get(ME, headers=bearer(patient, "patient")) for patient in patients]
            answers = await asyncio.gather(*wishes, *looks)
        answers = [answer for answer in answers if not answer.is_success]  # a look may have come late enough
        return {assert_problem(answer, 503, "unavailable")["detail"].partition(". ")[2] for answer in answers}

    told = await crowd()
    while "Try again in a few seconds." not in told:  # a busy machine may send them all too slowly
        told |= await crowd()
    assert len(told) == 2
    assert await booked(client, patients[0], doctors[0], a_slot())  # connections are to be had again


async def test_an_answer_that_has_begun_may_take_longer() -> None:
    @get("/", sync_to_thread=False)
    def drip() -> Stream:
        async def drops() -> AsyncIterator[bytes]:
            for _ in range(4):
                yield b"drop"
                await asyncio.sleep(0.2)

        return Stream(drops())

    async with serving(Litestar([drip], middleware=[TimeLimit(0.4)])) as url, httpx.AsyncClient() as client:
        assert (await client.get(url)).text == 4 * "drop"


async def test_an_answer_that_is_about_to_be_sent_is_sent() -> None:
    @get("/", sync_to_thread=False)
    def done() -> str:
        return "done"

    async def end_something_slow(*_: object) -> None:
        await asyncio.sleep(0.5)

    app = Litestar([done], middleware=[TimeLimit(0.4)], before_send=[end_something_slow])
    async with serving(app) as url, httpx.AsyncClient() as client:
        assert (await client.get(url)).text == "done"


async def test_the_answer_of_somebody_who_took_no_notice_of_the_limit_is_sent() -> None:
    @get("/")
    async def deaf() -> str:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(10)
        return "done"

    async with serving(Litestar([deaf], middleware=[TimeLimit(0.4)])) as url, httpx.AsyncClient() as client:
        assert (await client.get(url)).text == "done"


async def test_an_outage_is_not_over_while_nothing_works_or_what_was_asked_in_it_may_still_be_late(
    logs: list[EventDict],
) -> None:
    @get("/slow")
    async def slow() -> None:
        await asyncio.sleep(10)

    @get("/broken", sync_to_thread=False)
    def broken() -> None:
        raise ServiceUnavailableException

    @get("/", sync_to_thread=False)
    def done() -> str:
        return "done"

    async with (
        serving(Litestar([slow, broken, done], middleware=[TimeLimit(1)])) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        assert (await client.get("/slow")).is_server_error
        await asyncio.sleep(1.1)
        assert (await client.get("/broken")).status_code == 503
        assert told_of(logs) == [("server_unavailable", "api")]
        assert (await client.get("/")).text == "done"
        assert told_of(logs) == [("server_unavailable", "api"), ("server_available_again", "api")]
        del logs[:]
        began = time.monotonic()
        assert (await client.get("/slow")).is_server_error
        while len(told_of(logs)) < 2:
            assert (await client.get("/")).text == "done"
            await asyncio.sleep(0.05)
        assert time.monotonic() - began > 2  # it was late after a second, and so may be what was asked just before
