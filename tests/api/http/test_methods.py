"""HEAD, OPTIONS, and paths with and without a trailing slash."""

import pytest
from httpx import AsyncClient

from tests.support.factories import bearer
from tests.support.http.answers import assert_problem
from tests.support.http.openapi_contract import Contract
from tests.support.http.registration import ME
from tests.support.http.valid_requests import EXAMPLE_REQUESTS, ExampleData, ExampleRequest

PATHS = ["/api/doctors/", "/api/slots", "/health/live", "/docs/openapi.json", ME, "/nowhere", "/api/doctors/0/"]


@pytest.mark.parametrize("path", PATHS)
async def test_head_is_get_without_a_body(client: AsyncClient, path: str, patient: int) -> None:
    get, head = [await client.request(method, path, headers=bearer(patient, "patient")) for method in ("GET", "HEAD")]
    assert (head.status_code, head.content) == (get.status_code, b"")
    for changing in ("date", "x-request-id", "ratelimit-remaining", "ratelimit-reset"):
        get.headers.pop(changing, None)
        head.headers.pop(changing, None)
    assert head.headers == get.headers


async def test_head_is_refused_without_a_get(client: AsyncClient) -> None:
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
async def test_options_lists_the_methods_of_a_path(client: AsyncClient, path: str, allowed: str) -> None:
    for headers in ({}, {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}):
        answer = await client.options(path, headers=headers)
        assert (answer.status_code, answer.content) == (204, b"")
        assert set(answer.headers["allow"].split(", ")) >= set(allowed.split(", "))
        assert "content-type" not in answer.headers
        assert not [name for name in answer.headers if name.startswith("access-control")]
    refusal = await client.request("TRACE", path)
    assert_problem(refusal, 405, "method_not_allowed")
    assert refusal.headers["allow"] == answer.headers["allow"]


async def test_options_of_an_unknown_path_is_not_found(client: AsyncClient) -> None:
    assert_problem(await client.options("/nowhere"), 404, "not_found")


async def test_a_trailing_slash_makes_no_difference(
    client: AsyncClient, contract: Contract, example_data: ExampleData
) -> None:
    for operation in contract.operations:
        path = example_data.path(operation.path).rstrip("/")
        call = EXAMPLE_REQUESTS.get(operation.spec["operationId"], ExampleRequest())
        # A broken body shows which operation was called, and has no effect. Without a body, only reads are authorized.
        harmless = call.body or operation.method == "GET"
        headers, body = example_data.headers(call.role if harmless else None), b"{" if call.body else b""
        bare, slashed = [
            await client.request(operation.method, url, headers=headers, content=body) for url in (path, f"{path}/")
        ]
        assert slashed.status_code == bare.status_code, operation
        assert slashed.status_code not in (301, 302, 307, 308, 404, 405), operation
        assert slashed.content == bare.content, operation
