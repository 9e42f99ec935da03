"""The API behind nginx as a reverse proxy."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from httpx import AsyncClient

from tests.support.http.answers import assert_invalid, assert_problem, json_of
from tests.support.http.bookings import APPOINTMENTS
from tests.support.http.registration import REGISTER, authorization, newcomer, register, tokens_of
from tests.support.servers.api_process import api_environment, running_api
from tests.support.servers.databases import Database
from tests.system.programs import running_server

HOST = "clinic.example.com"
CONFIGURATION = """
    daemon off;
    pid {home}/nginx.pid;
    error_log stderr;
    events {{}}
    http {{
        access_log off;
        client_body_temp_path {home}/client_body;
        proxy_temp_path {home}/proxy;
        fastcgi_temp_path {home}/fastcgi;
        scgi_temp_path {home}/scgi;
        uwsgi_temp_path {home}/uwsgi;
        client_max_body_size 8m; # more than the API accepts, so that the API refuses a large body
        upstream api {{
            server 127.0.0.1:{api_port};
            keepalive 8;
        }}
        server {{
            listen 127.0.0.1:{port};
            server_name {host};
            location / {{
                proxy_pass http://api;
                proxy_http_version 1.1;
                proxy_set_header Connection "";
                proxy_set_header Host $host;
                proxy_set_header X-Forwarded-For $remote_addr;
                proxy_set_header X-Forwarded-Proto $scheme;
            }}
        }}
    }}
"""


@pytest_asyncio.fixture(scope="module")
async def client(
    database: Database, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[AsyncClient]:
    """A client of nginx, which forwards to `booking api`."""
    home = tmp_path_factory.mktemp("nginx")
    environment = api_environment(database, redis_url, ALLOWED_HOSTS=HOST)
    async with running_api(home, environment) as api:

        def configuration(port: int) -> str:
            return CONFIGURATION.format(home=home, host=HOST, api_port=api.port, port=port)

        async with running_server("nginx", home, configuration, "-e", "stderr", "-c") as port:
            url = f"http://127.0.0.1:{port}"
            async with AsyncClient(base_url=url, headers={"Host": HOST}, timeout=60) as client:
                yield client


async def test_a_patient_registers_logs_in_and_books(client: AsyncClient) -> None:
    doctor, patient = await register(client, "doctor"), await register(client)
    headers = authorization((await tokens_of(client, patient))["access"])
    slot = json_of(await client.get(f"/api/doctors/{doctor.id}/slots/"))[-1]["start"]
    body = {"doctor": doctor.id, "appointment_date": slot}
    appointment = json_of(await client.post(APPOINTMENTS, headers=headers, json=body), 201)
    assert (appointment["patient"], appointment["appointment_date"]) == (patient.id, slot)


@pytest.mark.parametrize(("length", "status"), [(7_000, 200), (9_000, 400)])
async def test_nginx_refuses_a_header_of_more_than_8_kib(client: AsyncClient, length: int, status: int) -> None:
    answer = await client.get("/api/doctors/", headers={"X-Long": "x" * length})
    assert answer.status_code == status
    assert answer.headers.get("server", "").startswith("nginx")


async def test_a_body_of_almost_1_mib_reaches_the_api(client: AsyncClient) -> None:
    answer = await client.post(REGISTER, json=newcomer(full_name="x" * 1_000_000))
    assert_invalid(answer, "full_name")


@pytest.mark.parametrize("size", [1_100_000, 7_000_000])
async def test_the_api_refuses_a_larger_body(client: AsyncClient, size: int) -> None:
    assert_problem(await client.post(REGISTER, content=b"x" * size), 413, "body_too_large")
    assert (await client.get("/api/doctors/")).status_code == 200
