"""Every operation answers with and without a slash at its end, and without a redirect in between."""

import asyncpg
import httpx

from tests.support.http.openapi_contract import Contract
from tests.support.http.valid_requests import EXAMPLE_REQUESTS, ExampleRequest, make_example_data


async def test_both_ways_are_one(client: httpx.AsyncClient, contract: Contract, owner: asyncpg.Connection) -> None:
    example_data = await make_example_data(owner)
    for operation in contract.operations:
        path = example_data.path(operation.path).rstrip("/")
        call = EXAMPLE_REQUESTS.get(operation.spec["operationId"], ExampleRequest())
        # A broken body shows which operation it reached, and does nothing. What takes none is called if it only reads.
        harmless = call.body or operation.method == "GET"
        headers, body = example_data.headers(call.role if harmless else None), b"{" if call.body else b""
        bare, slashed = [
            await client.request(operation.method, url, headers=headers, content=body) for url in (path, f"{path}/")
        ]
        assert slashed.status_code == bare.status_code, operation
        assert slashed.status_code not in (301, 302, 307, 308, 404, 405), operation
        assert slashed.content == bare.content, operation
