"""Alembic's entry point: runs the versioned migrations of `booking migrate` on one connection."""

import asyncio
from typing import cast

from advanced_alchemy.alembic.commands import AlembicCommandConfig
from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.models import Base
from app.db.repeatable import LOCK_TIMEOUT

config = cast("AlembicCommandConfig", context.config)


def run_migrations(connection: Connection) -> None:
    connection.execute(text("SET statement_timeout = '10min'"))
    # All other statements queue behind a migration that waits for a lock, so it gives up soon; app.db.migrate retries.
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        version_table=config.version_table_name,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.run_sync(run_migrations)
    await engine.dispose()


asyncio.run(migrate(cast("AsyncEngine", config.engine)))
