"""The database calls of the periodic jobs."""

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
    """Records lapsed holds, finished appointments and expired waitlist entries, and deletes old data."""

    engine: AsyncEngine

    async def doctors(self, limit: int) -> list[int]:
        """Return up to `limit` doctors with changes to record."""
        return [row["doctor_id"] for row in await fetch(self.engine, DOCTORS, limit)]

    async def sweep(self, doctor_id: int) -> None:
        """Record one doctor's changes in a transaction, unless the doctor is locked. Raises asyncpg's errors."""
        await fetch(self.engine, SWEEP, doctor_id)

    async def queue_scheduled_notifications(self, limit: int) -> None:
        """Add up to `limit` due scheduled mails to the outbox."""
        await fetch(self.engine, QUEUE_SCHEDULED_NOTIFICATIONS, limit)

    async def sweep_refresh_tokens(self) -> None:
        """Delete refresh tokens that can no longer be used."""

        await fetch(self.engine, SWEEP_REFRESH_TOKENS)

    async def purge(self) -> int:
        """Delete a batch of personal data past its retention. Return the number of rows, 0 when none is left."""
        (row,) = await fetch(self.engine, PURGE)
        rows: int = row["rows"]
        return rows

    async def sweep_receipts(self) -> None:
        """Delete expired receipts."""

        await fetch(self.engine, SWEEP_RECEIPTS)
