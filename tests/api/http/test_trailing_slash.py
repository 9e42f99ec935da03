"""Every operation answers with and without a slash at its end, and without a redirect in between."""

import asyncpg
import httpx

from tests.support.http.openapi_contract import Contract
from tests.support.http.valid_requests import CALLS, Call, make_world


async def test_both_ways_are_one(client: httpx.AsyncClient, contract: Contract, owner: asyncpg.Connection) -> None:
    world = await make_world(owner)
    for operation in contract.operations:
        path = world.path(operation.path).rstrip("/")
        call = CALLS.get(operation.spec["operationId"], Call())
        # A broken body shows which operation it reached, and does nothing. What takes none is called if it only reads.
        harmless = call.body or operation.method == "GET"
        headers, body = world.headers(call.role if harmless else None), b"{" if call.body else b""
        bare, slashed = [
            await client.request(operation.method, url, headers=headers, content=body) for url in (path, f"{path}/")
        ]
        assert slashed.status_code == bare.status_code, operation
        assert slashed.status_code not in (301, 302, 307, 308, 404, 405), operation
        assert slashed.content == bare.content, operation
