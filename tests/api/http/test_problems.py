"""Every refusal is a complete `application/problem+json`, whether a rule, a handler or Litestar refuses."""

import asyncio

import pytest
from asyncpg import Connection
from httpx import AsyncClient
from structlog.testing import capture_logs

from tests.support.factories import bearer
from tests.support.http.answers import assert_problem
from tests.support.http.openapi_contract import Contract, Operation
from tests.support.http.registration import REGISTER, newcomer, unknown_constraint
from tests.support.http.valid_requests import EXAMPLE_REQUESTS, ExampleData

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
UNKNOWN = [
    "/nothing",
    "/api",
    "/api/doctors/abc",
    "/api/doctors/1/nothing",
    "/api/appointments/",
    "/docs/assets/nothing",
]
JUNK = [
    "/%00",
    "/%FF",
    "/api/%zz",
    "/api/doctors/%",
    "/api/doctors/1%00",
    "/api/doctors/%2e%2e/",
    "/api/%2e%2e/%2e%2e/x",
]


def secured(operation: Operation) -> bool:
    return operation.spec.get("security") != []


@pytest.mark.parametrize("path", UNKNOWN + JUNK)
async def test_other_paths_are_not_found(client: AsyncClient, path: str) -> None:
    problem = assert_problem(await client.get(path), 404, "not_found")
    assert problem["type"] == "about:blank"
    assert problem["title"] == "Not Found"


async def test_a_request_without_a_token_is_refused(
    client: AsyncClient, contract: Contract, example_data: ExampleData
) -> None:
    needing = [operation for operation in contract.operations if secured(operation)]
    assert len(needing) >= 10
    for operation in needing:
        answer = await client.request(operation.method, example_data.path(operation.path), content=b"{")
        assert_problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_public_operations_ignore_an_invalid_token(
    client: AsyncClient, contract: Contract, example_data: ExampleData
) -> None:
    for operation in contract.operations:
        if not secured(operation):
            headers = {"Authorization": "Bearer nonsense"}
            answer = await client.request(operation.method, example_data.path(operation.path), headers=headers)
            assert answer.status_code != 401, operation


async def test_the_other_role_is_refused(
    client: AsyncClient, contract: Contract, example_data: ExampleData, doctor: int, patient: int
) -> None:
    roles = {name: call.role for name, call in EXAMPLE_REQUESTS.items()} | {"get_working_hours": "doctor"}
    for name, operation in contract.by_id.items():
        if "403" in operation.spec["responses"]:
            headers = bearer(doctor, "doctor") if roles[name] == "patient" else bearer(patient, "patient")
            path = example_data.path(operation.path)
            answer = await client.request(operation.method, path, headers=headers, content=b"{")
            assert_problem(answer, 403, "forbidden")


async def test_a_wrong_method_is_refused_with_the_allowed_ones(
    client: AsyncClient, contract: Contract, example_data: ExampleData
) -> None:
    taken: dict[str, set[str]] = {}
    for operation in contract.operations:
        taken.setdefault(operation.path, set()).add(operation.method)
    for path, methods in taken.items():
        for method in METHODS - methods:
            answer = await client.request(method, example_data.path(path))
            assert_problem(answer, 405, "method_not_allowed")
            too = {"HEAD", "OPTIONS"} if "GET" in methods else {"OPTIONS"}
            assert set(answer.headers["allow"].split(", ")) == methods | too


async def test_a_truncated_body_is_no_server_error(client: AsyncClient) -> None:
    url = client.base_url
    with capture_logs() as logs:
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(b"POST /api/accounts/login HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        await client.get("/health/live")  # once it answers, the server has handled the other request too
    assert [entry for entry in logs if entry["event"] == "server_error"] == []


async def test_a_server_error_reveals_only_its_id(client: AsyncClient, owner: Connection) -> None:
    async with unknown_constraint(owner):
        with capture_logs() as logs:
            answer = await client.post(REGISTER, json=newcomer(username="surprise"))
    problem = assert_problem(answer, 500, "internal_error")
    assert [entry["id"] for entry in logs if entry["event"] == "server_error"] == [problem["id"]]
    assert not any(word in answer.text for word in ("unheard_of", "surprise", "asyncpg", "INSERT", "Traceback"))
