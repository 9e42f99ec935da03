"""A schema as a later release may change it: each table and each view has one more column."""

from asyncpg import Connection

RELATIONS = """
    SELECT c.oid::regclass::text AS name, c.relkind = 'v' AS is_view, pg_get_viewdef(c.oid) AS definition,
        coalesce('WITH (' || array_to_string(c.reloptions, ', ') || ')', '') AS options
    FROM pg_class AS c
    WHERE c.relkind IN ('r', 'v') AND c.relnamespace IN ('public'::regnamespace, 'admin'::regnamespace)
        AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.oid
"""


async def widen(owner: Connection) -> int:
    """Add a column to each table and to the end of each view, in one transaction; return the number of relations."""
    relations = await owner.fetch(RELATIONS)
    async with owner.transaction():
        for name, is_view, definition, options in relations:
            if is_view:
                widened = f"SELECT v.*, 'new'::text AS added_later FROM ({definition.rstrip().rstrip(';')}) AS v"
                await owner.execute(f"CREATE OR REPLACE VIEW {name} {options} AS {widened}")
            else:
                # NOT NULL, so that an INSERT that lists all columns fails
                await owner.execute(f"ALTER TABLE {name} ADD COLUMN added_later text NOT NULL DEFAULT 'new'")
    return len(relations)
