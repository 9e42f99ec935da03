"""Runs a migration's SQL file, which may contain many statements."""

from pathlib import Path

from alembic import op


def run_sql(name: str) -> None:
    """Run `versions/<name>` inside the migration's transaction.

    Raises asyncpg.PostgresError if a statement fails; the whole migration is then rolled back.
    """
    sql = (Path(__file__).parent / "versions" / name).read_text()
    bind = op.get_bind()
    bind.exec_driver_sql("SELECT 1")  # SQLAlchemy begins the transaction with its first statement
    driver = bind.connection.dbapi_connection
    assert driver is not None  # noqa: S101  set once a statement was run
    driver.run_async(lambda connection: connection.execute(sql))
