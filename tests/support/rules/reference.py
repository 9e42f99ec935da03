"""Writes docs/rules.md and docs/schema.md from a migrated database's catalogs and the marks of the tests."""

import asyncio
import re
from itertools import groupby
from pathlib import Path

import asyncpg

from app.db.repeatable import read_files
from tests.support.db.schema_dump import migrated
from tests.support.rules.proofs import proofs

DOCS = Path(__file__).parents[3] / "docs"
RULES_PAGE, SCHEMA_PAGE = DOCS / "rules.md", DOCS / "schema.md"
RULES_HEAD = """\
# The rules

For each rule: what it says, what enforces it, how the API answers a request that breaks it, and the tests that fail without it.
The view `admin.rule_catalogue` also shows the SQL. `./task docs` generates this page; a test compares it with the database.

Answer 500 means that no request can break the rule. It guards the tables against mistakes in code and at psql.

| rule | says |
|---|---|
"""
SCHEMA_HEAD = """\
# The tables

The database's own description, as `\\d+` of psql shows it. `./task docs` generates this page; a test compares it with the database.
Keys: PK primary, FK foreign.
"""
COLUMNS = """
    SELECT
        c.relname::text AS table_name, obj_description(c.oid, 'pg_class') AS about, a.attname::text AS name,
        format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS optional,
        coalesce(col_description(c.oid, a.attnum), '') AS says,
        concat_ws(', ',
            (SELECT 'PK' FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p' AND a.attnum = ANY (conkey)),
            (SELECT DISTINCT 'FK' FROM pg_constraint WHERE conrelid = c.oid AND contype = 'f' AND a.attnum = ANY (conkey))
        ) AS keys
    FROM pg_class AS c INNER JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
        AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY c.relname, a.attnum
"""
# The cardinalities of foreign keys: the parent is required or optional, and a key makes the child unique.
RELATIONS = """
    SELECT
        f.confrelid::regclass::text AS parent, f.conrelid::regclass::text AS child, a.attname::text AS name,
        CASE WHEN a.attnotnull THEN '||' ELSE '|o' END AS parents,
        CASE WHEN EXISTS (
            SELECT FROM pg_constraint AS k
            WHERE k.conrelid = f.conrelid AND k.contype IN ('p', 'u') AND k.conkey = f.conkey[1:1]
        ) THEN 'o|' ELSE 'o{' END AS children
    FROM pg_constraint AS f INNER JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
    WHERE f.connamespace = 'public'::regnamespace AND f.contype = 'f'
    ORDER BY parent, child, name
"""


FUNCTION = re.compile(r"(\w+)\(\)")
PLACES = {made.name: file.name for file in read_files() for made in file.creates if made.kind == "FUNCTION"}


async def rules_page(db: asyncpg.Connection, proven: dict[str, list[str]]) -> str:
    """Return docs/rules.md, with the tests (node ids) that prove each rule."""
    rows = await db.fetch("SELECT * FROM admin.rule_catalogue")
    table = "".join(f"| [`{row['rule']}`](#{row['rule']}) | {row['sentence']} |\n" for row in rows)
    return "\n".join([RULES_HEAD + table, *(_rule(row, proven.get(row["rule"], [])) for row in rows)])


def _rule(row: asyncpg.Record, tests: list[str]) -> str:
    files = sorted({test.partition("::")[0] for test in tests})
    links = ", ".join(f"[{Path(file).name}](../{file})" for file in files)
    return f"""\
## `{row["rule"]}`

{row["sentence"]}

- {row["kind"]}: {FUNCTION.sub(_linked, row["enforced_by"])}
- answer: {row["http_status"]}, "{row["title"]}"
- proven by {links}
"""


def _linked(function: re.Match[str]) -> str:
    """Link a function to the file that creates it."""
    return f"[{function[0]}](../app/db/sql/{PLACES[function[1]]})"


async def schema_page(db: asyncpg.Connection) -> str:
    """Return docs/schema.md."""
    columns = await db.fetch(COLUMNS)
    tables = {name: list(rows) for name, rows in groupby(columns, key=lambda row: str(row["table_name"]))}
    diagram = [_relation(row) for row in await db.fetch(RELATIONS)]
    diagram += [line for name, rows in tables.items() for line in _entity(name, rows)]
    text = ["```mermaid", "erDiagram", *(f"    {line}" for line in diagram), "```", ""]
    return "\n".join([SCHEMA_HEAD, *text, *(_table(name, rows) for name, rows in tables.items())])


def _relation(row: asyncpg.Record) -> str:
    return f"{row['parent']} {row['parents']}--{row['children']} {row['child']} : {row['name']}"


def _entity(name: str, rows: list[asyncpg.Record]) -> list[str]:
    # Mermaid allows one word for a type
    lines = [f"    {row['type'].split('(')[0].replace(' ', '_')} {row['name']} {row['keys']}".rstrip() for row in rows]
    return [f"{name} {{", *lines, "}"]


def _table(name: str, rows: list[asyncpg.Record]) -> str:
    lines = [
        f"| `{row['name']}` | {row['type']}{', or none' if row['optional'] else ''} | {row['keys']} | {row['says']} |"
        for row in rows
    ]
    return "\n".join(
        [f"## {name}", "", rows[0]["about"], "", "| column | type | key | |", "|---|---|---|---|", *lines, ""]
    )


async def _write(proven: dict[str, list[str]]) -> None:
    async with migrated() as url:
        db = await asyncpg.connect(url)
        RULES_PAGE.write_text(await rules_page(db, proven), encoding="utf-8")
        SCHEMA_PAGE.write_text(await schema_page(db), encoding="utf-8")
        await db.close()


if __name__ == "__main__":
    asyncio.run(_write(proofs()))
