"""Schemathesis generates requests from the API's own description, and checks every answer against it.

`./task soak:api` generates many more. schemathesis.toml configures the checks.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from asyncpg import Connection

from app.domain.auth.tokens import Role
from app.sandbox.paypal.server import PayPalStandIn
from app.sandbox.stack.service import Api
from tests.api.auth.test_tokens import signed
from tests.conftest import SECRET, UNLIMITED
from tests.support.http.permissions import CALLERS, PERMISSIONS
from tests.support.http.valid_requests import make_example_data
from tests.support.servers.api_process import api_environment, running_api
from tests.support.servers.databases import Database

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = os.environ.get("BOOKING_SOAK_EXAMPLES", "")
ENDS_THE_LOGIN = ("logout", "delete_own_account")  # run apart, because they end the session of the other operations


@pytest_asyncio.fixture(scope="module")
async def api(
    database: Database, redis_url: str, stand_in: PayPalStandIn, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Api]:
    unlimited = {name.upper(): limit for name, limit in UNLIMITED.items()}
    environment = api_environment(database, redis_url, DEBUG="true", **unlimited, **stand_in.settings())
    async with running_api(tmp_path_factory.mktemp("api"), environment) as api:
        yield api


def operations_for(role: Role | None) -> list[str]:
    """Return the operations for this role only; in a soak all. test_permissions.py covers the other roles."""
    column = CALLERS.index(f"{role} A" if role else "anonymous")
    statuses = {name: row.split() for name, row in PERMISSIONS.items() if name.isidentifier()}
    let_in = {name for name, row in statuses.items() if row[column] not in ("401", "403")}
    if role:  # public operations run anonymously, except for one whose links lead to a booking
        let_in = {name for name in let_in if statuses[name][0] == "401" or name == "search_free_slots"}
    chosen = statuses.keys() if EXAMPLES else let_in
    return sorted(name for name in chosen if role is None or name not in ENDS_THE_LOGIN)


async def run(api: Api, headers: dict[str, str], folder: Path, operations: Iterable[str], *options: str) -> None:
    """Run Schemathesis. Fails if it finds a violation."""
    how_much = ("--max-examples", EXAMPLES) if EXAMPLES else ("--max-examples", "5", "--generation-deterministic")
    sent = (f"{name}: {value}" for name, value in headers.items())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run"),
        *(f"{api.url}/docs/openapi.json", "--checks", "all", "--no-color", "--warnings", "off", *how_much),
        *(option for header in sent for option in ("--header", header)),
        *(option for name in operations for option in ("--include-operation-id", name)),
        *options,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    print(output.decode())  # noqa: T201  pytest shows it on failure and in a soak
    assert process.returncode == 0


def for_a_day(headers: dict[str, str]) -> dict[str, str]:
    """Return headers whose token stays valid longer than any run takes."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    return {
        name: f"Bearer {signed(value.removeprefix('Bearer '), SECRET, exp=tomorrow)}" for name, value in headers.items()
    }


@pytest.mark.timeout(0 if EXAMPLES else 600)
@pytest.mark.parametrize("role", [None, "patient", "doctor"])
async def test_every_answer_is_as_documented(api: Api, owner: Connection, tmp_path: Path, role: Role | None) -> None:
    example_data = await make_example_data(owner)
    await run(api, for_a_day(example_data.headers(role)), tmp_path, operations_for(role))


async def test_answers_that_end_the_session_are_as_documented(api: Api, owner: Connection, tmp_path: Path) -> None:
    example_data = await make_example_data(owner)
    # no links lead to these
    await run(api, example_data.headers("patient"), tmp_path, ENDS_THE_LOGIN, "--phases", "coverage,fuzzing")
