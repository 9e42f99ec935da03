"""admin.verify_history() finds every change to the history."""

from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from tests.support.db.refusals import forbidden, undone
from tests.support.factories import a_slot, make_booking, make_patient
from tests.support.servers.databases import Database, connected

FINDINGS = "SELECT object_kind, object_id, number, finding FROM admin.verify_history()"


ALTERATIONS = [
    "UPDATE history SET becomes = '{}'",
    "DELETE FROM history",
    "TRUNCATE history",
    "INSERT INTO history SELECT * FROM history",
    "ALTER TABLE history ADD COLUMN note text",
    "DROP TRIGGER tg_appointment__history ON appointment",
    "SELECT record_change('policy', 1, NULL, '{}')",
]


@pytest.mark.parametrize("role", ["app", "admin", "auditor"])
async def test_only_the_owner_can_alter_it(database: Database, role: str) -> None:
    async with connected(getattr(database, role)) as connection:
        for statement in ALTERATIONS:
            with forbidden():
                await connection.execute(statement)
        if role == "app":
            with forbidden():
                await connection.fetch("SELECT * FROM history")
            with forbidden():
                await connection.fetch(FINDINGS)
        else:
            await connection.fetch(FINDINGS)


OTHERWISE = {
    "object_kind": "'payment'",
    "object_id": "object_id + 1000000",
    "number": "number + 10",
    "changed_at": "changed_at + interval '1 us'",
    "transaction_id": "transaction_id + 1",
    "database_role": "'nobody'",
    "acted_as": "acted_as || ' '",
    "account_id": "coalesce(account_id, 0) + 1",
    "was": '\'{"status": "offered"}\'',
    "becomes": "becomes || '{\"doctor\": 1000000}'",
    "hash": "sha256(hash)",
}
FORGERIES = {f"{column} is another": f"UPDATE history SET {column} = {value} WHERE ?"
             for column, value in OTHERWISE.items()} | {
    "a record is gone": "DELETE FROM history WHERE ?",
    "two have changed places": "UPDATE history SET becomes = o.becomes, was = o.was FROM history AS o"
    " WHERE o.object_kind = 'appointment' AND o.object_id = $1 AND o.number = $2 + 1"
    " AND (history.object_kind, history.object_id, history.number) = ('appointment', $1, $2)",
}  # fmt: skip


@pytest_asyncio.fixture
async def moved(owner: Connection, app: Connection) -> int:
    """An appointment with three records."""
    _, _, appointment = await make_booking(owner, app, fee=0)
    for number in (1, 2):
        during = asyncpg.Range(a_slot(number), a_slot(number + 1))
        await owner.execute("UPDATE appointment SET during = $2 WHERE id = $1", appointment, during)
    assert await owner.fetch(FINDINGS) == []
    return appointment


async def found(db: Connection, statement: str, *arguments: Any) -> list[asyncpg.Record]:
    """Return the findings after a statement, and undo it."""
    async with undone(db):
        assert await db.execute(statement, *arguments) != "UPDATE 0"
        return list(await db.fetch(FINDINGS))


async def test_every_change_of_a_record_is_found(owner: Connection, moved: int) -> None:
    one = "object_kind = 'appointment' AND object_id = $1 AND number = $2"
    for what, statement in FORGERIES.items():
        for number in (1, 2, 3) if "changed places" not in what else (1, 2):
            assert await found(owner, statement.replace("?", one), moved, number), f"{what}: {number}"


@pytest.mark.proves("tg_appointment__history")
async def test_a_hash_that_is_made_to_fit_shows_in_the_next_record(owner: Connection, moved: int) -> None:
    (next_record,) = await found(
        owner,
        """
        WITH forged AS (
            SELECT jsonb_populate_record(h, '{"acted_as": "doctor"}') AS h FROM history AS h
            WHERE object_kind = 'appointment' AND object_id = $1 AND number = 1
        )
        UPDATE history SET acted_as = 'doctor', hash = history_hash(forged.h, NULL) FROM forged
        WHERE object_kind = 'appointment' AND object_id = $1 AND number = 1
        """,
        moved,
    )
    assert tuple(next_record)[:3] == ("appointment", moved, 2)


async def test_a_finding_names_the_record_and_the_problem(owner: Connection, moved: int) -> None:
    (gap,) = await found(
        owner, "DELETE FROM history WHERE object_kind = 'appointment' AND object_id = $1 AND number = 2", moved
    )
    assert tuple(gap) == ("appointment", moved, 3, "Records 2 to 2 are missing.")
    (none,) = await found(owner, "DELETE FROM history WHERE object_kind = 'appointment' AND object_id = $1", moved)
    assert tuple(none) == ("appointment", moved, None, "The object has no history.")
    patient = await make_patient(owner)
    await owner.execute("DELETE FROM patient WHERE account_id = $1", patient)
    (gone,) = await found(owner, "DELETE FROM account WHERE id = $1", patient)
    assert tuple(gone) == ("account", patient, 1, "The object no longer exists.")


async def test_a_change_with_triggers_off_is_found(root: Connection, moved: int) -> None:
    async with undone(root):
        await root.execute("SET LOCAL session_replication_role = replica")
        await root.execute("UPDATE appointment SET status = 'completed', seat = NULL WHERE id = $1", moved)
        (finding,) = await root.fetch(FINDINGS)
    assert tuple(finding) == ("appointment", moved, 3, "The object differs from its last record.")


@pytest.mark.usefixtures("moved")
async def test_a_chain_holds_wherever_it_is_restored(owner: Connection) -> None:
    """Restored from text by a session with other formats and another time zone, whose abbreviation is unambiguous."""
    for setting in (
        "timezone = 'Asia/Kathmandu'",
        "datestyle = 'SQL, DMY'",
        "intervalstyle = 'iso_8601'",
        "bytea_output = 'escape'",
        "extra_float_digits = 0",
    ):
        await owner.execute(f"SET {setting}")
    await owner.execute("CREATE TEMP TABLE restored (LIKE history)")
    await owner.execute("INSERT INTO restored SELECT (h::text::history).* FROM history AS h")
    async with owner.transaction():
        await owner.execute("DELETE FROM history")
        await owner.execute("INSERT INTO history SELECT * FROM restored")
        assert await owner.fetch(FINDINGS) == []
