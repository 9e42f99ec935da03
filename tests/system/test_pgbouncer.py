"""PgBouncer between the API and PostgreSQL, with session pooling."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest_asyncio
from asyncpg import Connection

from tests.support.factories import a_slot, bearer, make_doctor, make_patient
from tests.support.http.answers import json_of
from tests.support.servers.api_process import api_environment, running_api
from tests.support.servers.databases import Database
from tests.system.programs import find, serving

CONFIGURATION = """
[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
pool_mode = session
auth_type = plain
auth_file = {folder}/users.txt
ignore_startup_parameters = \
statement_timeout, lock_timeout, idle_in_transaction_session_timeout, client_connection_check_interval, jit
"""


@pytest_asyncio.fixture
async def pooled(tmp_path: Path, database: Database, redis_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API whose database is behind PgBouncer."""
    server = urlsplit(database.app)

    def command(port: int) -> list[str]:
        (tmp_path / "users.txt").write_text(f'"{server.username}" "{server.password}"\n')
        configuration = tmp_path / "pgbouncer.ini"
        configuration.write_text(
            CONFIGURATION.format(
                folder=tmp_path,
                host=server.hostname,
                server_port=server.port or 5432,
                port=port,
            )
        )
        return [str(configuration)]

    async with serving(tmp_path, find("pgbouncer", package="pgbouncer"), command) as port:
        url = server._replace(netloc=f"{server.username}:{server.password}@127.0.0.1:{port}").geturl()
        environment = api_environment(database._replace(app=url), redis_url)
        async with (
            running_api(tmp_path, environment) as api,
            httpx.AsyncClient(base_url=api.url, timeout=60) as client,
        ):
            yield client


async def test_a_booking_and_a_refusal(pooled: httpx.AsyncClient, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    booking = {"doctor": doctor, "patient": patient, "appointment_date": a_slot().isoformat()}
    answers = [
        await pooled.post("/api/appointments/appointments/", headers=bearer(patient, "patient"), json=booking)
        for _ in range(2)
    ]
    assert json_of(answers[0], 201)["status"] == "confirmed"
    assert json_of(answers[1], 409)["code"] == "appointment_doctor_no_overlap"
    assert await owner.fetchval("SELECT count(*) FROM appointment WHERE doctor_id = $1", doctor) == 1
