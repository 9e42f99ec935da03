"""The API answers for the hosts it is told to be, however they are written; whether it is well, it tells anyone."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from app.main import create_app
from app.settings import Settings
from tests.support.http.answers import assert_problem
from tests.support.http.registration import LOGIN
from tests.support.servers.databases import Database
from tests.support.servers.http_server import serving


@pytest_asyncio.fixture(scope="module")
async def strict(database: Database, redis_url: str, secret: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API that answers for three hosts; it sends the host that it is told to."""
    hosts = "Clinic.example.com, 10.0.0.7, [::1]"
    settings = Settings(secret_key=secret, database_url=database.app, redis_url=redis_url, allowed_hosts=hosts)
    async with serving(create_app(settings)) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
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
async def test_its_own_hosts_are_answered_for(strict: httpx.AsyncClient, host: str) -> None:
    assert (await strict.get("/api/doctors/", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", BAD)
async def test_others_are_refused_before_anything_is_looked_at(strict: httpx.AsyncClient, host: str) -> None:
    for method, path in (("GET", "/api/doctors/"), ("GET", "/nothing"), ("POST", LOGIN), ("GET", "/docs")):
        answer = await strict.request(method, path, headers={"Host": host, "X-Request-ID": "who"})
        problem = assert_problem(answer, 400, "host_not_allowed")
        assert "clinic" not in problem["detail"]
        assert answer.headers["x-request-id"] == "who"


@pytest.mark.parametrize("host", [*GOOD, *BAD[:6]])
async def test_whether_it_is_well_anyone_may_ask(strict: httpx.AsyncClient, host: str) -> None:
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
async def test_a_request_names_one_host(strict: httpx.AsyncClient, lines: bytes) -> None:
    reader, writer = await asyncio.open_connection(strict.base_url.host, strict.base_url.port)
    writer.write(lines + b"Connection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert b" 400 " in answer.splitlines()[0]
    assert b"host_not_allowed" in answer


async def test_links_lead_to_the_host_that_was_asked(strict: httpx.AsyncClient) -> None:
    for number in range(2):
        name = f"dr-{number}"
        body = {"username": name, "email": f"{name}@example.com", "password": "correct horse", "role": "doctor"}
        answer = await strict.post("/api/accounts/register/", json=body, headers={"Host": GOOD[0]})
        assert answer.status_code == 201
    answer = await strict.get(
        "/api/doctors/?limit=1", headers={"Host": GOOD[0], "X-Forwarded-Host": "evil.example.com"}
    )
    assert answer.headers["link"].startswith("<http://clinic.example.com/api/doctors")
