"""An upgrade under load: eight clients book with old, new and restarted programs while the schema is migrated."""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.sandbox.stack import service
from app.sandbox.stack.service import ROOT, Api
from tests.robustness.upgrade.next_release import NEXT, make_next_release
from tests.support.factories import a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.bookings import APPOINTMENTS, post_booking
from tests.support.servers.api_process import api_environment, running_api
from tests.support.servers.databases import Database, cloned

CLIENTS = 8
ANSWERS = 40  # of all clients together, before the next step of the upgrade
DOCUMENTED = {200, 201, 409, 422}
VALID = "SELECT convalidated FROM pg_constraint WHERE conname = 'appointment_note_valid'"


class Load:
    """Clients that book, read, move and cancel appointments, at each of the running programs in turn."""

    def __init__(self, pairs: list[tuple[int, int]]) -> None:
        self.urls: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.acknowledged: set[int] = set()
        self.longest = 0.0
        self._pairs = pairs

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._client(*pair)) for pair in self._pairs]
            yield
            for task in tasks:
                task.cancel()

    async def answers(self, number: int = ANSWERS) -> None:
        """Wait for so many more answers."""
        wanted = self.statuses.total() + number
        while self.statuses.total() < wanted:
            assert not self.wrong, self.wrong
            await asyncio.sleep(0.05)

    async def _client(self, patient: int, doctor: int) -> None:
        headers = bearer(patient, "patient")
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            for number in count():
                url = self.urls[number % len(self.urls)]
                client.base_url = url
                booked = await self._timed(post_booking(client, patient, doctor, a_slot(number % 100)))
                if booked.status_code != 201:
                    continue
                path = f"{APPOINTMENTS}{booked.json()['id']}/"
                self.acknowledged.add(booked.json()["id"])
                await self._timed(client.get(path, headers=headers))
                moved = {"appointment_date": a_slot(number % 100 + 120).isoformat()}
                await self._timed(client.post(f"{path}reschedule/", headers=headers, json=moved))
                await self._timed(client.post(f"{path}cancel/", headers=headers))

    async def _timed(self, call: Awaitable[httpx.Response]) -> httpx.Response:
        begun = time.monotonic()
        answer = await call
        self.longest = max(self.longest, time.monotonic() - begun)
        self.statuses[answer.status_code] += 1
        if answer.status_code not in DOCUMENTED:
            self.wrong.append(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")
        return answer


async def start_migration(tree: Path, database: Database) -> asyncio.subprocess.Process:
    """Start `booking migrate` of a release, whose files are in `tree`."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", "migrate"),
        cwd=tree,
        env={**os.environ, "OWNER_DATABASE_URL": database.owner},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def output_of(migration: asyncio.subprocess.Process) -> str:
    """Wait until a migration has succeeded; return its output."""
    output, _ = await migration.communicate()
    assert migration.returncode == 0, output.decode()
    return output.decode()


async def readiness(program: Api) -> int:
    async with httpx.AsyncClient(base_url=program.url, trust_env=False) as client:
        return (await client.get("/health/ready")).status_code


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    for name in ("next", "old", "new", "again"):
        (tmp_path / name).mkdir()
    return make_next_release(tmp_path / "next")


async def test_an_upgrade_under_load(
    superuser: str, template: str, redis_url: str, tmp_path: Path, next_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with cloned(superuser, template) as database:
        owner = await asyncpg.connect(database.owner)
        try:
            doctors = [await make_doctor(owner) for _ in range(2)]
            load = Load([(await make_patient(owner), doctors[n % 2]) for n in range(CLIENTS)])
            environment = api_environment(database, redis_url, RATE_LIMIT="1000000/second")
            async with running_api(tmp_path / "old", environment) as old:
                load.urls = [old.url]
                async with load.running():
                    await load.answers()
                    output = await output_of(await start_migration(next_release, database))
                    await load.answers()
                    monkeypatch.setattr(service, "ROOT", next_release)
                    async with running_api(tmp_path / "new", environment) as new:
                        load.urls = [old.url, new.url]
                        await load.answers()
                        monkeypatch.setattr(service, "ROOT", ROOT)
                        async with running_api(tmp_path / "again", environment) as restarted:
                            load.urls = [old.url, new.url, restarted.url]
                            await load.answers(3 * ANSWERS)
                            states = [await readiness(program) for program in (old, new, restarted)]
                            load.urls = [old.url]
                            await load.answers()
            stored = {row["id"] for row in await owner.fetch("SELECT id FROM appointment")}
            is_valid = await owner.fetchval(VALID)
        finally:
            await owner.close()
    print(f"longest answer: {load.longest:.2f} s; {dict(load.statuses)}\n{output}")  # noqa: T201  a figure for people
    assert not load.wrong
    assert load.statuses[201] > 0
    assert states == [200, 200, 200]
    assert load.acknowledged <= stored
    assert is_valid
    assert {"view appointments/api_appointment.sql", "table tables/doctor.sql"} <= set(output.splitlines())
    assert output.splitlines()[-1] == f"the schema is of release {NEXT}"


async def test_no_booking_waits_behind_a_migration_that_waits(
    superuser: str, template: str, next_release: Path
) -> None:
    async with cloned(superuser, template) as database:
        owner, app, idle = [await asyncpg.connect(url) for url in (database.owner, database.app, database.owner)]
        try:
            patient, doctor = await make_patient(owner), await make_doctor(owner)
            await idle.execute("BEGIN; LOCK TABLE doctor IN ROW EXCLUSIVE MODE")  # as an idle psql does
            migration = await start_migration(next_release, database)
            assert migration.stdout
            assert b"versioned migrations: waiting for a lock" in await migration.stdout.readline()
            for number in range(5):
                await book(app, patient, doctor, a_slot(number))
            assert migration.returncode is None
            await idle.execute("COMMIT")
            await output_of(migration)
            assert await owner.fetchval("SELECT room FROM doctor WHERE account_id = $1", doctor) == ""
        finally:
            for connection in (owner, app, idle):
                await connection.close()
