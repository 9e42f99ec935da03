"""The API with PgBouncer, in session pooling, between it and PostgreSQL."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.factories import a_slot, make_doctor, make_patients
from tests.support.http.answers import assert_problem, json_of
from tests.support.http.bookings import post_booking
from tests.support.servers.api_process import api_environment, running_api
from tests.support.servers.databases import PASSWORD, Database
from tests.system.programs import running_server

POSTGRES_PORT = 5432  # where a URL names none
# PgBouncer refuses a connection that sets parameters other than those it tracks or is configured to ignore.
IGNORED = "statement_timeout,lock_timeout,idle_in_transaction_session_timeout,jit,client_connection_check_interval"
CONFIGURATION = """
    [databases]
    * = {server}
    [pgbouncer]
    listen_addr = 127.0.0.1
    listen_port = {port}
    unix_socket_dir =
    pool_mode = session
    auth_type = scram-sha-256
    auth_file = {users}
    ignore_startup_parameters = {ignored}
"""


@pytest_asyncio.fixture(scope="module")
async def pool_url(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The URL of the database through PgBouncer."""
    home = tmp_path_factory.mktemp("pgbouncer")
    parts = urlsplit(database.app)
    users = home / "users.txt"
    users.write_text(f'"{parts.username}" "{PASSWORD}"\n')
    server = f"host={parts.hostname} port={parts.port or POSTGRES_PORT}"

    def configuration(port: int) -> str:
        return CONFIGURATION.format(server=server, users=users, ignored=IGNORED, port=port)

    async with running_server("pgbouncer", home, configuration) as port:
        yield parts._replace(netloc=f"{parts.username}:{PASSWORD}@127.0.0.1:{port}").geturl()


@pytest_asyncio.fixture(scope="module")
async def client(
    database: Database, redis_url: str, pool_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[AsyncClient]:
    """A client of `booking api`, which connects to PgBouncer."""
    environment = api_environment(database, redis_url, DATABASE_URL=pool_url)
    async with (
        running_api(tmp_path_factory.mktemp("api"), environment) as api,
        AsyncClient(base_url=api.url, timeout=60) as client,
    ):
        yield client


async def test_a_patient_books_and_the_next_one_is_refused(client: AsyncClient, owner: Connection) -> None:
    doctor = await make_doctor(owner)
    first, second = await make_patients(owner, 2)
    assert json_of(await post_booking(client, first, doctor, a_slot()), 201)["patient"] == first
    assert_problem(await post_booking(client, second, doctor, a_slot()), 409, "appointment_doctor_no_overlap")
