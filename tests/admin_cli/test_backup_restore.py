"""A backup restored into an empty cluster has the same rules, roles, grants, data and outbox."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest
import pytest_asyncio
from httpx import AsyncClient

from app.admin_cli.backup import backup, inspect_database, restore
from app.admin_cli.errors import AdminCliError
from app.admin_cli.owner_database import restore_database
from app.main import create_app
from app.sandbox.servers.postgres import EmbeddedPostgres
from app.settings import Settings
from tests.conftest import SECRET, UNLIMITED
from tests.support.db.offers import CANCEL, full_doctor, waiting
from tests.support.db.payments import captured
from tests.support.db.refusals import forbidden, refused
from tests.support.db.schema_dump import dump
from tests.support.factories import a_slot, bearer, book, make_doctor, make_patient
from tests.support.servers.databases import PASSWORD, ROLES, Database, connected, database_at, execute
from tests.support.servers.http_server import serving

TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
FILLED = {"account", "appointment", "payment", "waitlist_entry", "offer", "notification", "policy", "time_zone"}
DATABASE_RIGHTS = """
    SELECT rolname FROM pg_roles, pg_database
    WHERE datname = current_database() AND has_database_privilege(rolname, pg_database.oid, 'CONNECT')
        AND rolname LIKE 'booking\\_%' ORDER BY 1
"""


class Restored(NamedTuple):
    """A database, its backup, and the database restored from it in another cluster."""

    before: Database
    file: Path
    after: Database
    server: EmbeddedPostgres


@pytest_asyncio.fixture(scope="module")
async def restored(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Restored]:
    """A practice with visits, payments, a waitlist and queued mails, restored by the superuser of an empty cluster."""
    async with connected(database.owner) as owner, connected(database.app) as app:
        await captured(owner, app)
        doctor, holder, (appointment,) = await full_doctor(owner)
        await waiting(owner, doctor, 3)
        await app.fetch(CANCEL, holder, appointment)
    file = tmp_path_factory.mktemp("backup") / "practice.dump"
    await backup(database.owner, file)
    server = EmbeddedPostgres(tmp_path_factory.mktemp("restored"), {"fsync": "off"})
    await server.start()
    try:
        await execute(server.superuser_dsn, "CREATE DATABASE practice TEMPLATE template0")
        after = database_at(server.superuser_dsn, "practice")
        await restore(after.superuser, file)
        await execute(server.superuser_dsn, *(f"ALTER ROLE {role} PASSWORD '{PASSWORD}'" for role in ROLES))
        yield Restored(database, file, after, server)
    finally:
        await server.stop()


async def rows(url: str, sql: str) -> list[tuple[object, ...]]:
    async with connected(url) as connection:
        return [tuple(row) for row in await connection.fetch(sql)]


async def content(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, as text."""
    return {
        str(table): await rows(url, f"SELECT t::text FROM {table} AS t ORDER BY 1")
        for (table,) in await rows(url, TABLES)
    }


async def test_schema_and_grants_are_the_same(restored: Restored) -> None:
    urls = (restored.before.superuser, restored.after.superuser)
    versions = [(await inspect_database(url)).major for url in urls]
    if versions[0] != versions[1]:
        pytest.skip(f"PostgreSQL {versions[0]} and {versions[1]} print a schema differently")
    # PostgreSQL prints a condition with fewer brackets after it was dumped and restored
    before, after = [re.sub("[()]", "", await asyncio.to_thread(dump, url)) for url in urls]
    assert after == before


async def test_every_row_is_there(restored: Restored) -> None:
    before, after = [await content(each.superuser) for each in (restored.before, restored.after)]
    assert after == before
    assert {name for name, lines in after.items() if lines} >= FILLED


async def test_history_holds(restored: Restored) -> None:
    assert await rows(restored.after.admin, "SELECT * FROM admin.verify_history()") == []
    assert await rows(restored.after.admin, "SELECT true FROM history LIMIT 1")


async def test_booking_owner_owns_everything(restored: Restored) -> None:
    """Functions owned by the superuser would run with the rights of a superuser."""
    owners = await rows(
        restored.after.superuser,
        "SELECT DISTINCT pg_get_userbyid(o) FROM ("
        " SELECT proowner FROM pg_proc AS p WHERE pronamespace IN ('public'::regnamespace, 'admin'::regnamespace)"
        " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')"
        " UNION ALL SELECT relowner FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'admin'::regnamespace)"
        " UNION ALL SELECT datdba FROM pg_database WHERE datname = current_database()) AS owned (o)",
    )
    assert owners == [("booking_owner",)]


async def test_only_our_roles_may_connect(restored: Restored) -> None:
    assert await rows(restored.after.superuser, DATABASE_RIGHTS) == [(role,) for role in sorted(ROLES)]
    await execute(restored.server.superuser_dsn, "CREATE ROLE stranger LOGIN PASSWORD 'x'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(restored.server.dsn(user="stranger", database="practice", password="x"))


async def test_rules_hold(restored: Restored) -> None:
    async with connected(restored.after.owner) as owner:
        doctor, start = await make_doctor(owner), a_slot(after=timedelta(days=6))
        hold = await book(owner, await make_patient(owner), doctor, start)
        patient = await make_patient(owner)
    async with connected(restored.after.admin) as admin:
        with refused("appointment_confirmed_is_paid"):
            await admin.execute("UPDATE appointment SET status = 'confirmed' WHERE id = $1", hold)
        with refused("appointment_doctor_no_overlap"):
            await admin.execute(
                "INSERT INTO appointment (doctor_id, patient_id, during) VALUES ($1, $2, tstzrange($3::timestamptz, $3 + interval '30 min'))",
                doctor,
                patient,
                start,
            )
        with forbidden():
            await admin.execute("UPDATE appointment SET seat = 1")


async def test_the_service_works(restored: Restored, redis_url: str) -> None:
    settings = Settings(
        secret_key=SECRET, debug=True, database_url=restored.after.app, redis_url=redis_url, **UNLIMITED
    )
    async with connected(restored.after.owner) as owner:
        doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    async with serving(create_app(settings)) as url, AsyncClient(base_url=url, timeout=30) as client:
        body = {"doctor": doctor, "appointment_date": a_slot(3).isoformat()}
        answer = await client.post("/api/appointments/appointments/", json=body, headers=bearer(patient, "patient"))
    assert (answer.status_code, answer.json()["status"]) == (201, "confirmed")


async def test_a_database_in_use_is_not_overwritten(restored: Restored) -> None:
    for url in (restored.before.owner, restored.after.superuser):
        with pytest.raises(AdminCliError, match="is not empty: restore into a new database"):
            await restore(url, restored.file)


async def test_a_backup_is_private_and_not_overwritten(restored: Restored) -> None:
    assert restored.file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(AdminCliError, match="already exists"):
        await backup(restored.before.owner, restored.file)
    assert [path.name for path in restored.file.parent.iterdir()] == [restored.file.name]


async def test_an_incomplete_file_restores_nothing(restored: Restored, tmp_path: Path) -> None:
    half = tmp_path / "half.dump"
    whole = restored.file.read_bytes()
    half.write_bytes(whole[: len(whole) * 3 // 4])
    await execute(restored.server.superuser_dsn, "CREATE DATABASE half TEMPLATE template0")
    url = database_at(restored.server.superuser_dsn, "half").superuser
    with pytest.raises(AdminCliError, match="pg_restore failed"):
        await restore(url, half)
    await restore(url, restored.file)  # succeeds only in an empty database


async def test_a_sandbox_is_restored_while_it_is_down(restored: Restored, tmp_path: Path) -> None:
    said = await restore_database(None, tmp_path / "home", restored.file)
    assert said == "Restored. Start it with `booking up`."
    with pytest.raises(AdminCliError, match="is not empty"):
        await restore_database(None, tmp_path / "home", restored.file)


@pytest.mark.parametrize(
    ("act", "said"),
    [(backup, "is not a database of this service"), (restore, "does not exist")],
    ids=["backup", "restore"],
)
async def test_a_missing_database_or_file_is_an_error(superuser: str, tmp_path: Path, act: object, said: str) -> None:
    with pytest.raises(AdminCliError, match=said):
        await act(superuser, tmp_path / "none.dump")  # type: ignore[operator]  # one of two functions
