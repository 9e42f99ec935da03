"""Accounts, doctors, patients, working hours, appointments, the waitlist, the outbox, and their rules."""

from app.db.migrations.frozen import run_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("0001_initial.sql")


def downgrade() -> None:
    run_sql("0001_initial_down.sql")
