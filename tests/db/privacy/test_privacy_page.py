"""docs/privacy.md gives the purpose and the retention of every column of every table."""

import re
from pathlib import Path

from asyncpg import Connection

PAGE = Path(__file__).parents[3].joinpath("docs/privacy.md").read_text(encoding="utf-8")
COLUMNS = """
    SELECT relname, array_agg(attname::text ORDER BY attname::text)
    FROM pg_class INNER JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
        AND relname <> 'alembic_version'
    GROUP BY relname
"""
KEPT = ("until", "for good", "hours", "days", "with it")


def sections() -> dict[str, list[list[str]]]:
    """Return the rows of each table's section, as lists of four cells."""
    found = {}
    for section in PAGE.split("\n## ")[1:]:
        name, _, text = section.partition("\n")
        lines = [line for line in text.splitlines() if line.startswith("| `")]
        found[name] = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return found


async def test_every_column_is_listed_once(owner: Connection) -> None:
    there = {row[0]: row[1] for row in await owner.fetch(COLUMNS)}
    listed = {
        name: sorted(column for row in rows for column in re.findall(r"`(\w+)`", row[0]))
        for name, rows in sections().items()
    }
    assert listed == there


def test_every_line_says_whether_it_is_about_a_person_and_how_long_it_is_kept() -> None:
    for rows in sections().values():
        assert rows
        for _, about_a_person, purpose, kept in rows:
            assert about_a_person in ("yes", "no")
            assert purpose or about_a_person == "no"
            assert any(word in kept for word in KEPT), kept
