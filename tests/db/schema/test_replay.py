"""A migration replays exactly the repeatable SQL files that have changed, and bookings continue meanwhile."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from app.db import migrate, repeatable
from app.db.errors import MigrationError
from app.db.migrate import upgrade
from app.db.release import RELEASE
from app.db.repeatable import SqlFile, read_files
from tests.support.db.schema_dump import dump
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.servers.databases import Database, connected, execute

LAST = f"the schema is of release {RELEASE}"
OTHER_CONDITION = ("tables/doctor.sql", "OLD.timezone <> NEW.timezone", "OLD.timezone IS DISTINCT FROM NEW.timezone")
Edit = Callable[..., None]


@pytest.fixture
def edit(monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Return a function that changes the text of a file for `upgrade`. The file on disk stays unchanged."""
    files = {file.name: file for file in read_files()}

    def change(name: str, old: str, new: str) -> None:
        file = files[name]
        assert file.text.count(old) == 1, old
        text = file.text.replace(old, new)
        creates = repeatable.created_by(text)
        files[name] = SqlFile(name, text, file.kind, creates)
        monkeypatch.setattr(repeatable, "read_files", lambda: list(files.values()))

    return change


async def migrated(database: Database) -> list[str]:
    """Migrate a database; return the steps that were reported."""
    steps: list[str] = []
    await asyncio.to_thread(upgrade, database.owner, steps.append)
    return steps


async def value(database: Database, query: str) -> Any:
    """Return the value of a query, as the owner."""
    async with connected(database.owner) as owner:
        return await owner.fetchval(query)


async def test_a_changed_function_is_replaced_and_nothing_else(fresh: Database, edit: Edit) -> None:
    edit("common/money_text.sql", "LANGUAGE sql", "COST 7 LANGUAGE sql")
    assert await migrated(fresh) == ["functions of 1 files", LAST]
    assert await value(fresh, "SELECT procost FROM pg_proc WHERE proname = 'money_text'") == 7
    assert await migrated(fresh) == [LAST]


async def test_a_constraint_trigger_s_changed_condition_is_really_changed(fresh: Database, edit: Edit) -> None:
    edit(*OTHER_CONDITION)
    assert await migrated(fresh) == ["table tables/doctor.sql", LAST]
    definition = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'tg_doctor__hours'"
    assert "IS DISTINCT FROM" in await value(fresh, definition)


async def test_a_changed_type_is_really_changed_with_the_functions_that_use_it(fresh: Database, edit: Edit) -> None:
    before = await value(fresh, "SELECT count(*) FROM pg_proc")
    edit("schedule/00_working_span.sql", "local_end timestamp", "local_end timestamp, note text")
    steps = await migrated(fresh)
    assert steps[0] == "types of schedule/00_working_span.sql"
    columns = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'working_span'::regclass"
    assert await value(fresh, columns) == 5
    assert await value(fresh, "SELECT count(*) FROM pg_proc") == before


async def test_a_view_gains_a_column_at_its_end(fresh: Database, edit: Edit) -> None:
    edit("appointments/api_appointment.sql", "updated_at\nFROM", "updated_at, version AS extra\nFROM")
    assert await migrated(fresh) == ["view appointments/api_appointment.sql", LAST]
    assert await value(fresh, "SELECT count(extra) FROM api_appointment") == 0


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("waitlist/api_offer.sql", "END AS status", "END AS state"),
        ("common/money_text.sql", "RETURNS text", "RETURNS varchar"),
        ("common/money_text.sql", "(amount numeric, currency text)", "(amount numeric, currency varchar)"),
    ],
)
async def test_an_irreplaceable_change_is_refused(fresh: Database, edit: Edit, file: str, old: str, new: str) -> None:
    before = await asyncio.to_thread(dump, fresh.superuser)
    edit(file, old, new)
    with pytest.raises(MigrationError, match="DROP it in a versioned migration"):
        await migrated(fresh)
    assert await asyncio.to_thread(dump, fresh.superuser) == before
    assert await value(fresh, "SELECT count(*) FROM schema_release") == 1


async def test_a_dropped_object_is_made_again(fresh: Database) -> None:
    before = await asyncio.to_thread(dump, fresh.superuser)
    await execute(
        fresh.owner,
        "DROP VIEW admin.holds",
        "DROP FUNCTION refuse(text, text) CASCADE",
        "DROP TRIGGER tg_offer__entry ON offer",
    )
    steps = await migrated(fresh)
    assert {"view admin/holds.sql", "functions common/refuse.sql", "table tables/offer.sql"} <= set(steps)
    assert await asyncio.to_thread(dump, fresh.superuser) == before


async def test_a_right_that_a_file_no_longer_grants_is_taken_back(fresh: Database, edit: Edit) -> None:
    edit("tables/payment.sql", "GRANT UPDATE (attention) ON payment TO booking_admin;", "")
    await migrated(fresh)
    assert await value(fresh, "SELECT has_column_privilege('booking_admin', 'payment', 'attention', 'UPDATE')") is False
    assert await value(fresh, "SELECT has_table_privilege('booking_admin', 'payment', 'SELECT')") is True


async def test_bookings_go_on_while_a_table_s_lock_is_waited_for(fresh: Database, edit: Edit) -> None:
    edit(*OTHER_CONDITION)
    async with connected(fresh.owner) as owner, connected(fresh.app) as app, connected(fresh.owner) as idle:
        patient, doctor, other = await make_patient(owner), await make_doctor(owner), await make_doctor(owner)
        await idle.execute("BEGIN")
        await idle.execute("UPDATE doctor SET phone = '1' WHERE account_id = $1", other)  # as an idle psql does
        waits = asyncio.Event()
        loop = asyncio.get_running_loop()

        def report(step: str) -> None:
            if "waiting for a lock" in step:
                loop.call_soon_threadsafe(waits.set)

        migration = asyncio.create_task(asyncio.to_thread(upgrade, fresh.owner, report))
        await waits.wait()
        for number in range(5):
            await book(app, patient, doctor, a_slot(number))
        assert not migration.done()
        await idle.execute("COMMIT")
        await migration


async def test_waiting_for_a_lock_is_limited(fresh: Database, edit: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "LIMIT_SECONDS", 1)
    edit("tables/policy.sql", "BEFORE UPDATE ON policy", "BEFORE INSERT OR UPDATE ON policy")
    async with connected(fresh.owner) as idle:
        await idle.execute("BEGIN; LOCK TABLE policy IN ROW EXCLUSIVE MODE")
        with pytest.raises(MigrationError, match=r"table tables/policy\.sql: could not lock a table in time"):
            await migrated(fresh)
    assert "table tables/policy.sql" in await migrated(fresh)
