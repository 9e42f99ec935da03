"""Every list is paged, and whoever walks it sees each row that stays exactly once, whatever comes and goes meanwhile."""

import base64
import random

import asyncpg
import httpx
import pytest

from tests.support.http.answers import assert_problem
from tests.support.http.openapi_contract import Contract
from tests.support.http.paged_lists import LIST_CASES, ListCase
from tests.support.http.pagination import pages


def is_list(spec: dict[str, object], contract: Contract) -> bool:
    """Whether an operation answers an array."""
    answer = spec["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})  # type: ignore[attr-defined]  # JSON
    return bool(contract.resolved(answer).get("type") == "array")


def test_every_list_is_walked(contract: Contract) -> None:
    answered = {o.spec["operationId"] for o in contract.operations if is_list(o.spec, contract)}
    assert answered == {listed.name for listed in LIST_CASES}, "add it to tests/support/http/paged_lists.py"
    for operation in contract.operations:
        if operation.spec["operationId"] in answered:
            assert {"limit", "cursor"} <= set(operation.parameters("query")), operation.path
            assert "Link" in operation.spec["responses"]["200"]["headers"], operation.path


async def test_a_page_has_at_most_200_rows(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/api/doctors/?limit=201"), 400, "invalid_request")


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("listed", LIST_CASES, ids=lambda listed: listed.__name__)
async def test_rows_come_and_go_while_somebody_walks(
    client: httpx.AsyncClient, owner: asyncpg.Connection, listed: type[ListCase], limit: int
) -> None:
    chance, rows = random.Random(limit), listed(owner)
    await rows.make()
    there = [await rows.add() for _ in range(8)]
    stay, added, seen = set(there), set[object](), list[object]()
    join = "&" if "?" in rows.path else "?"
    async for page in pages(client, f"{rows.path}{join}limit={limit}", rows.headers):
        assert len(page) <= limit
        seen += [rows.key(row) for row in page]
        if len(added) < 4:
            added.add(await rows.add())
        if len(stay) > 4:
            goes = chance.choice(sorted(stay))
            await rows.remove(goes)
            stay.remove(goes)
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen)  # type: ignore[type-var]  # keys of one list are of one type
    assert stay <= set(seen) <= {*there, *added}


async def test_a_cursor_is_of_one_list(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    cursors = {}
    for listed in LIST_CASES:
        rows = listed(owner)
        await rows.make()
        for _ in range(2):
            await rows.add()
        join = "&" if "?" in rows.path else "?"
        answer = await client.get(f"{rows.path}{join}limit=1", headers=rows.headers)
        cursors[rows.name] = (rows, httpx.URL(answer.links["next"]["url"]).params["cursor"])
    garbled = ["%", "x", "AAAA", base64.urlsafe_b64encode(b"doctors\n1\n2").decode().rstrip("="), "é" * 9]
    for name, (rows, own) in cursors.items():
        foreign = [cursor for other, (_, cursor) in cursors.items() if other != name]
        join = "&" if "?" in rows.path else "?"
        for cursor in [*foreign, *garbled, own[:-3], own + "A"]:
            answer = await client.get(f"{rows.path}{join}cursor={cursor}", headers=rows.headers)
            problem = assert_problem(answer, 400, "invalid_request")
            assert [error["field"] for error in problem["errors"]] == ["cursor"], (name, cursor)
