"""The API answers only requests for its allowed hosts, however they are written. Health checks allow any host."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from httpx import AsyncClient

from app.settings import Settings
from tests.support.factories import make_doctor
from tests.support.http.answers import assert_problem
from tests.support.http.clients import api_client
from tests.support.http.registration import LOGIN


@pytest_asyncio.fixture(scope="module")
async def strict(settings: Settings) -> AsyncIterator[AsyncClient]:
    """A client of an API that answers for three hosts."""
    async with api_client(settings, allowed_hosts="Clinic.example.com, 10.0.0.7, [::1]") as client:
        yield client


GOOD = [
    "clinic.example.com",
    "CLINIC.EXAMPLE.COM",
    "clinic.example.com:8443",
    "clinic.example.com.",
    "10.0.0.7",
    "[::1]:80",
]
BAD = [
    *("evil.example.com", "www.clinic.example.com", "clinic.example.com.evil.example", "xclinic.example.com"),
    *("127.0.0.1", "localhost", "", "*", "clinic.example.com@evil.example.com", "clinic.example.com:80:80"),
    *("clinic.example.com evil.example.com", "clinic.example.com,evil.example.com", "clinic.example.com/..", "[::2]"),
]


@pytest.mark.parametrize("host", GOOD)
async def test_allowed_hosts_are_served(strict: AsyncClient, host: str) -> None:
    assert (await strict.get("/api/doctors/", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", BAD)
async def test_other_hosts_are_refused_for_every_path(strict: AsyncClient, host: str) -> None:
    for method, path in (("GET", "/api/doctors/"), ("GET", "/nothing"), ("POST", LOGIN), ("GET", "/docs")):
        answer = await strict.request(method, path, headers={"Host": host, "X-Request-ID": "who"})
        problem = assert_problem(answer, 400, "host_not_allowed")
        assert "clinic" not in problem["detail"]
        assert answer.headers["x-request-id"] == "who"


@pytest.mark.parametrize("host", [*GOOD, *BAD[:6]])
async def test_health_checks_accept_any_host(strict: AsyncClient, host: str) -> None:
    for path in ("/health/live", "/health/ready"):
        assert (await strict.get(path, headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "lines",
    [
        b"GET /api/doctors/ HTTP/1.0\r\n",
        b"GET /api/doctors/ HTTP/1.1\r\nHost: clinic.example.com\r\nHost: evil.example.com\r\n",
        b"GET /api/doctors/ HTTP/1.1\r\nHost: evil.example.com\r\nHost: clinic.example.com\r\n",
        b"GET http://clinic.example.com/api/doctors/ HTTP/1.1\r\nHost: evil.example.com\r\n",
    ],
)
async def test_a_request_names_one_host(strict: AsyncClient, lines: bytes) -> None:
    reader, writer = await asyncio.open_connection(strict.base_url.host, strict.base_url.port)
    writer.write(lines + b"Connection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert b" 400 " in answer.splitlines()[0]
    assert b"host_not_allowed" in answer


async def test_links_lead_to_the_host_of_the_request(strict: AsyncClient, owner: asyncpg.Connection) -> None:
    for _ in range(2):
        await make_doctor(owner)
    headers = {"Host": GOOD[0], "X-Forwarded-Host": "evil.example.com"}
    answer = await strict.get("/api/doctors/?limit=1", headers=headers)
    assert answer.headers["link"].startswith("<http://clinic.example.com/api/doctors")
