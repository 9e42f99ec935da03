"""What the clock did to the bookings."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.driver import fetch

DOCTORS = "SELECT doctor_id FROM doctor_to_sweep LIMIT $1"
SWEEP = "SELECT sweep_doctor($1)"
QUEUE_SCHEDULED_NOTIFICATIONS = "SELECT queue_scheduled_notifications($1)"
SWEEP_REFRESH_TOKENS = "SELECT sweep_refresh_tokens()"
PURGE = "SELECT purge_personal_data() AS rows"
SWEEP_RECEIPTS = "SELECT sweep_receipts()"


@dataclass(frozen=True)
class SweepRepository:
    """Writes down lapsed holds, finished visits and waiting for days gone by."""

    engine: AsyncEngine

    async def doctors(self, limit: int) -> list[int]:
        """Return up to `limit` doctors for whom there is something to write down."""
        return [row["doctor_id"] for row in await fetch(self.engine, DOCTORS, limit)]

    async def sweep(self, doctor_id: int) -> None:
        """Write it down for one doctor, in its own transaction, unless they are locked. Raises asyncpg's errors."""
        await fetch(self.engine, SWEEP, doctor_id)

    async def queue_scheduled_notifications(self, limit: int) -> None:
        """Put up to `limit` planned mails that are due into the outbox."""
        await fetch(self.engine, QUEUE_SCHEDULED_NOTIFICATIONS, limit)

    async def sweep_refresh_tokens(self) -> None:
        """Forget refresh tokens whose time is over."""
        await fetch(self.engine, SWEEP_REFRESH_TOKENS)

    async def purge(self) -> int:
        """Forget some of the personal data that serves no more; return of how many rows, 0 when none is left."""
        (row,) = await fetch(self.engine, PURGE)
        rows: int = row["rows"]
        return rows

    async def sweep_receipts(self) -> None:
        """Forget receipts that are good no more."""
        await fetch(self.engine, SWEEP_RECEIPTS)
