"""What the clock did to the bookings."""

from advanced_alchemy.repository import SQLAlchemyAsyncRepository

from app.db import models
from app.db.driver import fetch

DOCTORS = "SELECT doctor_id FROM doctor_to_sweep LIMIT $1"
# A doctor whom somebody is booking at this moment is left to the next sweep, rather than waited for.
SWEEP = """
    SELECT sweep_doctor(account_id)
    FROM (SELECT account_id FROM doctor WHERE account_id = $1 FOR NO KEY UPDATE SKIP LOCKED) AS at_rest
"""


class SweepRepository(SQLAlchemyAsyncRepository[models.Doctor]):
    """Writes down lapsed holds, finished visits and waiting for days gone by."""

    model_type = models.Doctor

    async def doctors(self, limit: int) -> list[int]:
        """Return up to `limit` doctors for whom there is something to write down."""
        return [row["doctor_id"] for row in await fetch(self.session, DOCTORS, limit)]

    async def sweep(self, doctor_id: int) -> None:
        """Write it down for one doctor, in a transaction of its own. Raises asyncpg's errors."""
        await fetch(self.session, SWEEP, doctor_id)
