"""Malformed requests: the response is a problem that names the defect, and nothing is stored."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from tests.support.http.answers import assert_invalid, assert_problem
from tests.support.http.malformed_inputs import (
    IDS,
    MEGABYTE,
    QUERIES,
    TIMES_OUTSIDE_UTC_RANGE,
    VALUES,
    broken_bodies,
    broken_fields,
    encoded,
)
from tests.support.http.openapi_contract import Contract
from tests.support.http.valid_requests import EXAMPLE_REQUESTS, ExampleData

JSON = {"Content-Type": "application/json"}
WITH_BODY = [name for name, call in EXAMPLE_REQUESTS.items() if call.body]
# builds a query for a digest of every table's rows
CONTENTS = """
    SELECT string_agg(format(
        $$SELECT %1$L, md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM %1$I AS t$$, relname
    ), ' UNION ALL ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


async def contents(owner: asyncpg.Connection) -> list[asyncpg.Record]:
    return list(await owner.fetch(await owner.fetchval(CONTENTS)))


@pytest_asyncio.fixture(autouse=True)
async def _nothing_is_stored(
    owner: asyncpg.Connection,
    example_data: ExampleData,  # noqa: ARG001  its rows are inserted before the digest
) -> AsyncIterator[None]:
    before = await contents(owner)
    yield
    assert await contents(owner) == before


class Caller:
    """Calls one operation, with the defects that a test adds."""

    def __init__(self, client: httpx.AsyncClient, contract: Contract, example_data: ExampleData, name: str) -> None:
        self.client = client
        self.example_data = example_data
        self.operation = contract.by_id[name]
        self.call = EXAMPLE_REQUESTS[name]
        self.good = self.call.body(example_data) if self.call.body else {}

    async def send(self, *, body: Any = None, url: str | None = None, **headers: str) -> httpx.Response:
        path = url or self.example_data.path(self.operation.path)
        every = (JSON if body is not None else {}) | self.example_data.headers(self.call.role) | headers
        return await self.client.request(self.operation.method, path, content=body, headers=every)


@pytest.fixture
def caller(client: httpx.AsyncClient, contract: Contract, example_data: ExampleData, name: str) -> Caller:
    return Caller(client, contract, example_data, name)


def test_every_operation_with_input_has_an_example(contract: Contract) -> None:
    takes = {
        name: "requestBody" in operation.spec
        for name, operation in contract.by_id.items()
        if "requestBody" in operation.spec or "parameters" in operation.spec
    }
    assert takes.items() <= {name: call.body is not None for name, call in EXAMPLE_REQUESTS.items()}.items()
    assert {name for operation in contract.operations for name in operation.parameters("query")} == QUERIES.keys()


@pytest.mark.parametrize("name", WITH_BODY)
async def test_the_example_bodies_are_valid(caller: Caller, contract: Contract) -> None:
    assert contract.faults(caller.operation.body_schema, caller.good) == []


@pytest.mark.parametrize("name", WITH_BODY)
async def test_malformed_bodies(caller: Caller) -> None:
    bodies = dict(broken_bodies(caller.good))
    if not caller.call.optional:
        bodies |= {"nothing": b"", "null": b"null"}
    for fault, body in bodies.items():
        answer = await caller.send(body=body)
        assert answer.status_code == 400, (fault, answer.text)
        assert_problem(answer, 400, "invalid_request")


@pytest.mark.parametrize("name", WITH_BODY)
async def test_fields_of_the_wrong_kind(caller: Caller, contract: Contract) -> None:
    for field in caller.good:
        for value in VALUES:
            wrong = caller.good | {field: value}
            if contract.faults(caller.operation.body_schema, wrong):
                await assert_names(caller, field, encoded(wrong), str(value)[:40])


@pytest.mark.parametrize("name", WITH_BODY)
async def test_fields_that_are_invalid_for_every_type(caller: Caller) -> None:
    for body in broken_fields(caller.good):
        assert_problem(await caller.send(body=body), 400, "invalid_request")


@pytest.mark.parametrize("name", WITH_BODY)
async def test_fields_that_are_missing(caller: Caller, contract: Contract) -> None:
    for field in caller.good:
        rest = {name: value for name, value in caller.good.items() if name != field}
        if contract.faults(caller.operation.body_schema, rest):
            await assert_names(caller, field, encoded(rest), "missing")


@pytest.mark.parametrize("name", WITH_BODY)
async def test_times_outside_pythons_range_in_utc(caller: Caller) -> None:
    for field, value in caller.good.items():
        for time in TIMES_OUTSIDE_UTC_RANGE:
            if value in ("2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z"):
                assert_problem(await caller.send(body=encoded(caller.good | {field: time})), 400, "invalid_request")


async def assert_names(caller: Caller, field: str, body: bytes, fault: str) -> None:
    """Check that the response names this field and no other."""
    answer = await caller.send(body=body)
    assert answer.status_code == 400, (field, fault, answer.text)
    problem = assert_problem(answer, 400, "invalid_request")
    assert [error["field"].partition(".")[0].partition("[")[0] for error in problem["errors"]] == [field], (
        fault,
        problem,
    )
    assert "Expected" not in problem["detail"]


@pytest.mark.parametrize("name", WITH_BODY)
@pytest.mark.parametrize("chunked", [False, True])
async def test_bodies_of_11_megabytes(caller: Caller, chunked: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * MEGABYTE

    body = chunks() if chunked else b" " * 11 * MEGABYTE
    assert_problem(await caller.send(body=body), 413, "body_too_large")


@pytest.mark.parametrize("name", WITH_BODY)
async def test_bodies_that_are_not_json(caller: Caller) -> None:
    for media_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
        "x",
    ):
        answer = await caller.send(body=encoded(caller.good), **{"Content-Type": media_type})
        assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("name", EXAMPLE_REQUESTS)
async def test_identifiers_in_paths(caller: Caller) -> None:
    if "{" not in caller.operation.path:
        return
    start, _, end = caller.operation.path.partition("{")
    for text in IDS:
        url = f"{start}{text}{end.partition('}')[2]}"
        answer = await caller.send(url=url, body=encoded(caller.good) if caller.call.body else None)
        assert answer.status_code in (400, 404), (text, answer.text)
        assert_problem(answer, answer.status_code)


@pytest.mark.parametrize("name", EXAMPLE_REQUESTS)
async def test_parameters_in_queries(caller: Caller) -> None:
    path = caller.example_data.path(caller.operation.path)
    for parameter in caller.operation.parameters("query"):
        for text in QUERIES[parameter]:
            problem = assert_invalid(await caller.send(url=f"{path}?{parameter}={text}"), parameter)
            assert "Expected" not in problem["detail"], (parameter, text)
