"""Ids beyond 32 bits, as in a practice whose sequences have passed 2**31."""

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
            first := first + 1000000; -- so that tables do not share ids
        END LOOP;
    END
    $$
"""


async def give_large_ids(superuser: str) -> None:
    """Restart every sequence of a database above 2**31. `superuser` is the database's URL as a superuser."""
    await execute(superuser, RESTART)
