"""Ids that need more than 32 bits, as a practice gets them once sequences have counted that far."""

from tests.support.servers.databases import execute

FIRST = 3_000_000_000
RESTART = f"""
    DO $$
    DECLARE
        sequence regclass;
        first bigint := {FIRST};
    BEGIN
        FOR sequence IN SELECT seqrelid FROM pg_sequence ORDER BY seqrelid LOOP
            EXECUTE format('ALTER SEQUENCE %s RESTART %s', sequence, first);
            first := first + 1000000; -- so that no two tables share an id
        END LOOP;
    END
    $$
"""


async def give_large_ids(superuser: str) -> None:
    """Restart every sequence of a database above 2**31. `superuser` is the database's URL as a superuser."""
    await execute(superuser, RESTART)
