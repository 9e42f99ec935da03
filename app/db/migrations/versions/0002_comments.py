"""Comments on tables and columns, in plain English.

One migration for all tables, because COMMENT ON does not conflict with the locks of readers and writers.
"""

from app.db.migrations.frozen import run_sql

revision = "0002_comments"
down_revision = "0001_initial"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0002_comments.sql")
