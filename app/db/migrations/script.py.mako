"""${message}."""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Lock one table only: each migration is a transaction of its own, and gives up a lock after 500 ms.
    op.execute("")
