"""`booking up` as a process: start, restart, stop and leftovers."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from app.domain.payments.paypal.certificates import read_seeded
from app.domain.payments.paypal.client import PayPal
from app.sandbox.files import secret
from app.sandbox.paypal.server import CLIENT_ID
from app.sandbox.servers.leftovers import leftovers
from app.settings import read_settings
from tests.support.cli.booking_command import booking
from tests.support.paypal.orders import create
from tests.support.servers.databases import Database, fetchval
from tests.support.servers.sandbox_process import BookingUp, Start

COMPONENTS = ("postgres", "redis", "api", "worker")
LOGIN = {"username": "ada", "password": "correct horse battery"}
ADA = {**LOGIN, "email": "ada@example.org", "role": "patient"}


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BookingUp]:
    """A stack shared by the tests that do not stop it."""
    up = await BookingUp(tmp_path_factory.mktemp("up") / "home").start()
    await up.ready()
    yield up
    assert await up.end() == 0
    assert leftovers(up.home) == []


async def call(method: str, url: str, body: object = None) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        return await client.request(method, url, json=body)


async def test_everything_is_where_stack_json_says(running: BookingUp) -> None:
    stack = await running.ready()
    assert set(stack) == {
        *("api", "docs", "mailbox", "paypal", "database", "admin_database", "owner_database", "redis", "pids"),
    }
    assert (running.home / "stack.json").stat().st_mode & 0o777 == 0o600
    assert (await call("GET", f"{stack['api']}/health/ready")).json()["status"] == "up"
    assert (await call("GET", stack["docs"])).status_code == 200
    assert (await call("GET", f"{stack['mailbox']}/messages")).json() == []
    for key, user in (("database", "app"), ("admin_database", "admin"), ("owner_database", "owner")):
        assert await fetchval(stack[key], "SELECT current_user") == f"booking_{user}"
    async with Redis.from_url(stack["redis"]) as client:
        assert await client.ping()
    result = await booking("psql", "--home", str(running.home), "--", "-Atc", "SELECT current_user")
    assert result.out == "booking_admin\n"
    await running.wait_for_output(f"Ctrl-C stops everything; the data stays in {running.home}")


async def test_its_data_outlives_a_stop_and_a_kill(home: Path, start: Start) -> None:
    reader, writer = os.pipe()
    first = await start(stdout=writer)
    os.close(writer)
    os.close(reader)  # its output has no reader
    stack = await first.ready()
    assert (await call("POST", f"{stack['api']}/api/accounts/register/", ADA)).status_code == 201
    async with PayPal(stack["paypal"], CLIENT_ID, secret(home, "paypal")) as paypal:
        order = await create(paypal)
    assert await first.end(signal.SIGTERM) == 0
    assert first.output.read_text() == ""
    assert leftovers(home) == []
    assert not (home / "stack.json").exists()

    killed = await start()
    stack = await killed.ready()
    assert (await call("POST", f"{stack['api']}/api/accounts/login/", LOGIN)).status_code == 200
    assert order.approval_url
    assert (await call("POST", order.approval_url.replace("checkoutnow", "checkoutnow/approve"))).status_code == 303
    async with PayPal(stack["paypal"], CLIENT_ID, secret(home, "paypal")) as paypal:
        paid = await paypal.capture_order(order.id, request_id="1")
    assert paid.capture
    assert paid.capture.status == "COMPLETED"
    for name in COMPONENTS:
        os.kill(pid_of(stack, name), signal.SIGSTOP)  # so that it does not end with its supervisor
    await killed.end(signal.SIGKILL)

    successor = await start(port=int(stack["api"].rpartition(":")[2]))
    stack = await successor.ready()
    assert (await call("POST", f"{stack['api']}/api/accounts/login/", LOGIN)).status_code == 200
    assert set(leftovers(home)) >= {pid_of(stack, name) for name in COMPONENTS}
    os.killpg(successor.process.pid, signal.SIGINT)  # as a terminal does on Ctrl-C
    assert await successor.ended() == 0
    assert leftovers(home) == []
    assert "Stopped." in successor.output.read_text()


async def test_api_and_worker_know_paypal_and_the_apis_address(running: BookingUp) -> None:
    stack = await running.ready()
    for name in ("api", "worker"):
        known = environment_of(pid_of(stack, name))
        settings = read_settings(known)
        assert (settings.public_url, settings.paypal_base_url) == (stack["api"], stack["paypal"])
        assert settings.paypal_client_secret == secret(running.home, "paypal")
        assert settings.paypal_certificates
        assert read_seeded(Path(settings.paypal_certificates))
        assert settings.paypal_webhook_id
        assert "127.0.0.1" in known["no_proxy"]


def environment_of(pid: int) -> dict[str, str]:
    """Return the environment variables of a process."""
    pairs = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if pair)


def pid_of(stack: dict[str, Any], name: str) -> int:
    pid: int | list[int] = stack["pids"][name]
    return pid[0] if isinstance(pid, list) else pid


def has_another(name: str, before: dict[str, Any], now: dict[str, Any]) -> bool:
    return pid_of(now, name) != pid_of(before, name)


async def test_a_component_that_is_killed_comes_back(running: BookingUp) -> None:
    stack = await running.ready()
    for name in COMPONENTS:
        os.kill(pid_of(stack, name), signal.SIGKILL)
        after = await running.stack(partial(has_another, name, stack))
        assert {**after, "pids": None} == {**stack, "pids": None}  # the addresses are the same
        stack = after
    assert (await call("POST", f"{stack['api']}/api/accounts/register/", ADA)).status_code == 201
    assert (await call("GET", f"{stack['api']}/health/ready")).json()["status"] == "up"


async def test_a_second_ctrl_c_kills_at_once(home: Path, start: Start) -> None:
    up = await start()
    stack = await up.ready()
    os.kill(stack["pids"]["api"][0], signal.SIGSTOP)  # so that the first Ctrl-C waits for it
    up.process.send_signal(signal.SIGINT)
    await up.wait_for_output("API: stopping")
    assert await asyncio.wait_for(up.end(signal.SIGINT), 5) == 130
    assert leftovers(home) == []


@pytest.mark.parametrize("moment", ["PostgreSQL: starting", "Migrations: starting", "API: starting"])
async def test_it_can_be_stopped_while_it_starts(home: Path, start: Start, moment: str) -> None:
    up = await start()
    await up.wait_for_output(moment)
    assert await up.end(signal.SIGINT) == 0
    assert leftovers(home) == []


async def test_a_second_one_on_the_same_home_names_the_first(running: BookingUp) -> None:
    stack = await running.ready()
    second = await BookingUp(running.home).start()
    assert await second.ended() == 1
    (line,) = second.output.read_text().splitlines()
    assert f"already (process {running.process.pid}, {stack['api']})" in line
    assert await running.ready() == stack


async def test_it_ends_if_its_home_is_removed(home: Path, start: Start) -> None:
    up = await start()
    stack = await up.ready()
    shutil.rmtree(home)
    os.kill(stack["pids"]["worker"][0], signal.SIGKILL)
    assert await up.ended() == 1
    assert up.output.read_text().splitlines()[-1] == (
        f"Error: {home} was removed while the stack was using it: run `booking up` again"
    )
    assert leftovers(home) == []


async def test_given_servers_are_used(home: Path, start: Start, database: Database, redis_url: str) -> None:
    given = {
        "DATABASE_URL": database.app,
        "OWNER_DATABASE_URL": database.owner,
        "ADMIN_DATABASE_URL": database.admin,
        "REDIS_URL": redis_url,
        "EMAIL_HOST": "mail.example.org",
        "PAYPAL_BASE_URL": "https://api-m.sandbox.paypal.com",
    }
    up = await start(given=given)
    stack = await up.ready()
    assert stack == {
        "api": stack["api"],
        "docs": f"{stack['api']}/docs",
        "mailbox": None,
        "paypal": None,
        "database": database.app,
        "admin_database": database.admin,
        "owner_database": database.owner,
        "redis": redis_url,
        "pids": {**stack["pids"], "supervisor": up.process.pid},
    }
    assert set(stack["pids"]) == {"supervisor", "api", "worker"}
    assert await up.end() == 0
    assert not (home / "postgres").exists()
    shown = up.output.read_text()
    assert "Migrations: done" in shown
    assert "@" not in shown  # no passwords
