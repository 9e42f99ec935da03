"""Mutants: each constraint, trigger and rule function, with the statement that removes or weakens it."""

import re
from typing import NamedTuple

from asyncpg import Connection

from app.domain.rules import RULES
from tests.robustness.mutation.weakened_rules import WEAKENED, Change


class Mutant(NamedTuple):
    """One change to a migrated database, and the rule, or else the trigger, that it weakens."""

    rule: str
    change: str
    sql: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.change}"


# CASCADE: a unique key can be dropped only together with the foreign keys that refer to it
DECLARED = """
    SELECT conname, 'no constraint', format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)
    FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'u', 'x')
    UNION ALL
    SELECT c.relname, 'no unique index', format('DROP INDEX %I', c.relname)
    FROM pg_index AS i INNER JOIN pg_class AS c ON i.indexrelid = c.oid
    WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid AND contype IN ('p', 'u'))
"""
PREDICATES = """
    SELECT proname, 'never broken', format(
        'CREATE OR REPLACE FUNCTION %I(%s) RETURNS text LANGUAGE sql AS $$ SELECT NULL::text $$',
        proname, pg_get_function_arguments(oid)
    )
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname = ANY ($1::text[])
"""
TRIGGERS = "SELECT tgname, tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
# the definitions with a name, each with the SQL that precedes it in a statement that replaces it
DEFINITIONS = """
    SELECT '', pg_get_functiondef(oid)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname = $1
    UNION ALL
    SELECT
        format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I ', conrelid::regclass, conname, conname),
        pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conname = $1
    UNION ALL
    SELECT format('DROP INDEX %I; ', relname), pg_get_indexdef(oid)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'i' AND relname = $1
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = pg_class.oid)
"""


async def mutants(db: Connection) -> list[Mutant]:
    """Return every mutant of a migrated database, in the order of the rules."""
    found = [Mutant(*row) for row in await db.fetch(DECLARED) + await db.fetch(PREDICATES, list(RULES))]
    for trigger in await db.fetch(TRIGGERS):
        found += _disabled(*trigger)
    for rule, changes in WEAKENED.items():
        found += [await _weakened(db, rule, change) for change in changes]
    await _try_out(db, found)
    return sorted(found)


def _disabled(name: str, table: str, definition: str) -> list[Mutant]:
    """Return a trigger once without each of its events."""
    timing = re.search(r"(?:BEFORE|AFTER) (.+?) ON ", definition)
    assert timing, definition
    events, drop = timing[1].split(" OR "), f"DROP TRIGGER {name} ON {table}"
    if len(events) == 1:
        return [Mutant(name, "no trigger", drop)]
    return [
        Mutant(name, f"not at {event}", f"{drop}; {definition.replace(timing[1], ' OR '.join(others))}")
        for event in events
        if (others := [other for other in events if other != event])
    ]


async def _weakened(db: Connection, rule: str, change: Change) -> Mutant:
    """Return the rule with one phrase changed. Raises AssertionError unless the phrase occurs exactly once."""
    name = change.of or rule
    rows = [row for row in await db.fetch(DEFINITIONS, name) if change.was in row[1]]
    assert len(rows) == 1, f"{len(rows)} definitions of {name} contain {change.was!r}"
    replace, definition = rows[0]
    assert definition.count(change.was) == 1, f"{name} contains more than once: {change.was!r}"
    sql = replace + definition.replace(change.was, change.becomes)
    return Mutant(rule, f"{name} has {change.becomes!r} in place of {change.was!r}", sql)


async def _try_out(db: Connection, found: list[Mutant]) -> None:
    """Run each statement and roll it back. Raises if one fails: a test that fails because of that proves nothing."""
    for mutant in found:
        transaction = db.transaction()
        await transaction.start()
        await db.execute(mutant.sql)
        await transaction.rollback()
