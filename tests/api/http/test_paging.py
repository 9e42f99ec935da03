"""Every list is paged. Its pages contain each row that stays exactly once, while other rows are added and removed."""

import base64
import random
from typing import Any

import httpx
import pytest
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.http.answers import assert_invalid, assert_problem
from tests.support.http.openapi_contract import Contract, Operation
from tests.support.http.paged_lists import LIST_CASES, ListCase
from tests.support.http.pagination import pages


def is_list(operation: Operation, contract: Contract) -> bool:
    """Return whether a successful response is an array."""
    content = operation.spec["responses"].get("200", {}).get("content", {})
    answer = content.get("application/json", {}).get("schema", {})
    return bool(contract.resolved(answer).get("type") == "array")


def with_query(path: str, **query: object) -> str:
    """Add parameters to a path that may have some already."""
    return f"{path}{'&' if '?' in path else '?'}{'&'.join(f'{name}={value}' for name, value in query.items())}"


def test_every_list_has_a_case(contract: Contract) -> None:
    answered = {name for name, operation in contract.by_id.items() if is_list(operation, contract)}
    assert answered == {listed.name for listed in LIST_CASES}, "add it to tests/support/http/paged_lists.py"
    for operation in contract.operations:
        if operation.spec["operationId"] in answered:
            assert {"limit", "cursor"} <= set(operation.parameters("query")), operation.path
            assert "Link" in operation.spec["responses"]["200"]["headers"], operation.path


async def test_a_page_has_at_most_200_rows(client: AsyncClient) -> None:
    assert_problem(await client.get("/api/doctors/?limit=201"), 400, "invalid_request")


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("listed", LIST_CASES, ids=lambda listed: listed.__name__)
async def test_rows_are_added_and_removed_between_pages(
    client: AsyncClient, owner: Connection, listed: type[ListCase], limit: int
) -> None:
    chance, rows = random.Random(limit), listed(owner)
    await rows.make()
    there = {await rows.add() for _ in range(8)}
    stay, seen, added = set(there), list[Any](), list[Any]()
    behind, expected = set[Any](), set[Any]()
    async for page in pages(client, with_query(rows.path, limit=limit), rows.headers):
        assert len(page) <= limit
        expected |= behind  # rows that were added after the previous page was read
        seen += [rows.key(row) for row in page]
        behind = set()
        if len(added) < 4:
            added.append(await rows.add())
            behind = {key for key in added[-1:] if key > seen[-1]}
        if len(stay) > 4:
            removed = chance.choice(sorted(stay))
            await rows.remove(removed)
            stay.remove(removed)
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen)
    assert stay | expected <= set(seen) <= there | expected


async def test_a_cursor_is_valid_for_one_list(client: AsyncClient, owner: Connection) -> None:
    cursors = {}
    for listed in LIST_CASES:
        rows = listed(owner)
        await rows.make()
        for _ in range(2):
            await rows.add()
        answer = await client.get(with_query(rows.path, limit=1), headers=rows.headers)
        cursors[rows.name] = (rows, httpx.URL(answer.links["next"]["url"]).params["cursor"])
    garbled = ["%", "x", "AAAA", base64.urlsafe_b64encode(b"doctors\n1\n2").decode().rstrip("="), "é" * 9]
    for name, (rows, own) in cursors.items():
        foreign = [cursor for other, (_, cursor) in cursors.items() if other != name]
        for cursor in [*foreign, *garbled, own[:-3], own + "A"]:
            assert_invalid(await client.get(with_query(rows.path, cursor=cursor), headers=rows.headers), "cursor")
