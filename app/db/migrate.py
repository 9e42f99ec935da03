"""Runs the migrations."""

from advanced_alchemy.alembic.commands import AlembicCommands

from app.db.engine import database_config


def commands(url: str) -> AlembicCommands:
    """Return alembic's commands for the database at `url`, which must be its owner's."""
    return AlembicCommands(database_config(url, application_name="booking-migrate"))


def upgrade(url: str) -> None:
    """Bring the database at `url` to the present schema; does nothing if it is there already."""
    commands(url).upgrade()
