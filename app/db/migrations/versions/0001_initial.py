"""The tables of the first release."""

from app.db.migrations.frozen import run_sql

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0001_initial.sql")
