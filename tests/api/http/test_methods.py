"""HEAD and OPTIONS are answered at every address."""

import asyncpg
import httpx
import pytest

from tests.support.http.answers import assert_problem
from tests.support.http.registration import ME
from tests.support.http.valid_requests import make_example_data

PATHS = ["/api/doctors/", "/api/slots", "/health/live", "/docs/openapi.json", ME, "/nowhere", "/api/doctors/0/"]


@pytest.mark.parametrize("path", PATHS)
async def test_head_is_get_without_a_body(client: httpx.AsyncClient, owner: asyncpg.Connection, path: str) -> None:
    example_data = await make_example_data(owner)
    get = await client.get(path, headers=example_data.headers("patient"))
    head = await client.head(path, headers=example_data.headers("patient"))
    assert (head.status_code, head.content) == (get.status_code, b"")
    changing = {"date", "x-request-id", "ratelimit-remaining", "ratelimit-reset"}
    assert {n: v for n, v in head.headers.items() if n not in changing} == {
        n: v for n, v in get.headers.items() if n not in changing
    }


async def test_what_is_only_posted_to_has_no_head(client: httpx.AsyncClient) -> None:
    answer = await client.head("/api/accounts/login/")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (ME, "GET, HEAD, OPTIONS, PATCH, PUT"),
        ("/api/appointments/appointments/", "GET, HEAD, OPTIONS, POST"),
        ("/api/doctors/me/time-off/1/", "DELETE, OPTIONS"),
        ("/api/appointments/appointments/doctor_bulk_cancel/", "OPTIONS, POST"),
    ],
)
async def test_options_tells_what_an_address_takes(client: httpx.AsyncClient, path: str, allowed: str) -> None:
    for headers in ({}, {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}):
        answer = await client.options(path, headers=headers)
        assert (answer.status_code, answer.content) == (204, b"")
        assert set(answer.headers["allow"].split(", ")) >= set(allowed.split(", "))
        assert "content-type" not in answer.headers
        assert not [name for name in answer.headers if name.startswith("access-control")]
    refusal = await client.request("TRACE", path)
    assert_problem(refusal, 405, "method_not_allowed")
    assert refusal.headers["allow"] == answer.headers["allow"]


async def test_where_there_is_nothing_there_is_no_telling(client: httpx.AsyncClient) -> None:
    assert_problem(await client.options("/nowhere"), 404, "not_found")
