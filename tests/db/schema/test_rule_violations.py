"""No role can bypass a rule with direct SQL. Each rule is tried as the owner, the app and the admin."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import NamedTuple

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from app.domain.rules import RULES
from tests.db.schema.rule_violations import APPOINTMENTS, BY_GRANT, MONEY, RuleViolation
from tests.db.schema.rule_violations_people import OUTBOX, PEOPLE, POLICY, WAITING
from tests.support.db.offers import CANCEL, freed_slot
from tests.support.db.payments import begun, captured, without_slot
from tests.support.db.refusals import verdict
from tests.support.factories import a_slot, book, make_account, make_doctor, make_patients
from tests.support.servers.databases import Database

BREACHES = [*APPOINTMENTS, *MONEY, *PEOPLE, *WAITING, *OUTBOX, *POLICY]

# Only functions raise it, so no statement can break it; tests/db/waitlist/test_offers.py tests it.
NO_STATEMENT = {"offer_superseded"}


class Scene(NamedTuple):
    """The ids of rows of each kind, by name, and a connection of each role."""

    names: dict[str, object]
    roles: dict[str, Connection]


@pytest_asyncio.fixture(scope="module")
async def scene(database: Database) -> AsyncIterator[Scene]:
    """A scene that no violation changes."""
    roles = {role: await asyncpg.connect(getattr(database, role)) for role in ("owner", "app", "admin")}
    yield Scene(await the_names(roles["owner"], roles["app"]), roles)
    for connection in roles.values():
        await connection.close()


async def the_names(owner: Connection, app: Connection) -> dict[str, object]:
    """Make the rows through the app's functions."""
    patient, other, holder = await make_patients(owner, 3)
    free, dear = await make_doctor(owner, fee=0), await make_doctor(owner, fee=100)
    full = await make_doctor(owner, hours=())
    entry = await app.fetchval("SELECT id FROM join_waitlist($1, $2, NULL)", patient, full)
    for number in range(5):
        await book(app, holder, await make_doctor(owner), a_slot(10 + number))
    canceled, canceled_dear = await book(app, other, free, a_slot(4)), await book(app, other, dear, a_slot(6))
    for appointment in (canceled, canceled_dear):
        await app.fetch(CANCEL, other, appointment)
    await freed_slot(owner)
    paying = await captured(owner, app)
    await paying.order()
    await without_slot(owner, app)
    unpaid = await begun(owner, app)
    return {
        "patient": patient,
        "other": other,
        "holder": holder,
        "free": free,
        "dear": dear,
        "full": full,
        "closed": await make_doctor(owner, max_appointments=0),
        "account": await make_account(owner, "doctor"),
        "person": await make_account(owner, "patient"),
        "entry": entry,
        "visit": await book(app, patient, free, a_slot()),
        "hold": await book(app, patient, dear, a_slot(2)),
        "near": await book(app, other, free, a_slot(after=timedelta(days=1))),
        "canceled": canceled,
        "canceled_dear": canceled_dear,
        "paid": paying.payment,
        "first": unpaid.payment,
        "second": (await unpaid.another()).payment,
        "taken": f"'{a_slot().isoformat()}'::timestamptz",
        "soon": f"'{a_slot(8).isoformat()}'::timestamptz",
    }


async def stopped_by(db: Connection, statement: str) -> str:
    """Return what stops a statement: a constraint's name, or 42501; "" if nothing does. It is undone."""
    return await verdict(db, f"{statement}; SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("violation", BREACHES, ids=lambda violation: f"{violation.rule}: {violation.statement[:50]}")
async def test_a_breach_is_stopped(scene: Scene, violation: RuleViolation) -> None:
    statement = violation.statement.format_map(scene.names)
    stopped = {role: await stopped_by(connection, statement) for role, connection in scene.roles.items()}
    expected = {"app": violation.app, "admin": violation.admin}
    assert stopped == {
        "owner": violation.name,
        **{role: BY_GRANT if by == BY_GRANT else violation.name for role, by in expected.items()},
    }


def test_every_rule_is_tried() -> None:
    assert {violation.rule for violation in BREACHES} == set(RULES) - NO_STATEMENT


ACTORS = ("patient", "doctor", "payer", "payment", "purge", "system", "admin")


@pytest.mark.parametrize("actor", ACTORS)
async def test_no_claimed_actor_confirms_unpaid(scene: Scene, actor: str) -> None:
    """Any session may set booking.actor."""
    confirm = f"SET LOCAL booking.actor = {actor}; UPDATE appointment SET status = 'confirmed' WHERE id = {{hold}}"
    assert await stopped_by(scene.roles["admin"], confirm.format_map(scene.names)) == "appointment_confirmed_is_paid"


# Statements that only the owner of a table may run.
OWNERS_ALONE = (
    "TRUNCATE {} CASCADE",
    "ALTER TABLE {} DISABLE TRIGGER ALL",
    "ALTER TABLE {} DISABLE TRIGGER USER",
    "ALTER TABLE {} ADD COLUMN mine integer",
    "ALTER TABLE {} OWNER TO CURRENT_USER",
    "CREATE TRIGGER mine BEFORE UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE mine AS ON UPDATE TO {} DO INSTEAD NOTHING",
    "CREATE INDEX ON {} ((1))",
    "DROP TABLE {} CASCADE",
)
# Statements that would shadow a table, take another role's privileges, or write to another schema.
WAYS_ROUND = (
    "SET session_replication_role = replica",
    "SELECT set_config('session_replication_role', 'replica', false)",
    "SET ROLE booking_owner",
    "SET SESSION AUTHORIZATION booking_owner",
    "CREATE TEMP TABLE policy (hold_minutes integer)",
    "CREATE SCHEMA mine",
    "CREATE TABLE public.mine (id integer)",
    "CREATE VIEW admin.mine AS SELECT 1",
    "CREATE FUNCTION pg_temp.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION admin.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION dblink",
    "ALTER DATABASE {database} SET session_replication_role = replica",
    "ALTER ROLE {role} SET session_replication_role = replica",
    "ALTER ROLE {role} SUPERUSER",
    "GRANT booking_owner TO {role}",
    "ALTER FUNCTION refuse(text, text) OWNER TO {role}",
    "ALTER FUNCTION book(bigint, bigint, timestamptz) SECURITY INVOKER",
    "DROP FUNCTION refuse(text, text) CASCADE",
    "COPY account (username) TO PROGRAM 'cat'",
    "DO $$ BEGIN UPDATE appointment SET seat = 1; END $$",
    "WITH s AS (UPDATE appointment SET fee = 0 RETURNING id) SELECT * FROM s",
    "INSERT INTO history SELECT * FROM history",
    "UPDATE history SET becomes = was",
    "DELETE FROM history",
    "SELECT lock_doctor(1)",
    "SELECT act_as('payment')",
    "SELECT confirm_paid(p) FROM payment AS p",
)


@pytest.mark.parametrize("role", ["app", "admin"])
async def test_the_tables_are_the_owner_s(scene: Scene, role: str) -> None:
    db = scene.roles[role]
    tables = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'admin')")
    assert len(tables) > 20
    stopped = {s: await stopped_by(db, s) for (table,) in tables for s in (t.format(table) for t in OWNERS_ALONE)}
    assert {statement for statement, by in stopped.items() if by != BY_GRANT} == set()


@pytest.mark.parametrize("role", ["app", "admin"])
async def test_there_is_no_way_round(scene: Scene, database: Database, role: str) -> None:
    names = {"role": f"booking_{role}", "database": database.app.rpartition("/")[2]}
    statements = [statement.format(**names) for statement in WAYS_ROUND]
    stopped = {statement: await stopped_by(scene.roles[role], statement) for statement in statements}
    assert {statement for statement, by in stopped.items() if by != BY_GRANT} == set()
