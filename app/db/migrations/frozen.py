"""Runs a migration's frozen SQL file, which may hold many statements."""

from pathlib import Path

from alembic import op


def run_sql(name: str) -> None:
    """Run `versions/<name>` inside the migration's transaction.

    Raises asyncpg.PostgresError if a statement fails; the whole migration is then undone.
    """
    sql = (Path(__file__).parent / "versions" / name).read_text()
    bind = op.get_bind()
    bind.exec_driver_sql("SELECT 1")  # SQLAlchemy opens the transaction with the first statement of its own
    driver = bind.connection.dbapi_connection
    assert driver is not None  # noqa: S101  a bind that ran a statement has its connection
    driver.run_async(lambda connection: connection.execute(sql))
