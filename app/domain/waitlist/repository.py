"""The waitlist: each call is one statement, and every rule of it is PostgreSQL's."""

from datetime import date

from advanced_alchemy.repository import SQLAlchemyAsyncRepository

from app.db import models
from app.db.driver import fetch, fetch_one
from app.domain.accounts.tokens import Caller
from app.domain.waitlist.schemas import WaitlistEntry

JOIN = "SELECT * FROM join_waitlist($1, $2, $3)"
LEAVE = "SELECT * FROM leave_waitlist($1, $2)"
PAGE = {
    role: f"SELECT * FROM api_waitlist_entry WHERE {role} = $1 AND id > $2 ORDER BY id LIMIT $3"  # noqa: S608  the two roles are written here
    for role in ("patient", "doctor")
}


class WaitlistRepository(SQLAlchemyAsyncRepository[models.WaitlistEntry]):
    """Joins, leaves and reads the waitlist on behalf of one party."""

    model_type = models.WaitlistEntry

    async def join(self, patient_id: int, doctor_id: int, desired_date: date | None) -> WaitlistEntry:
        """Put a patient in line. Raises the broken rule."""
        row = await fetch_one(self.session, JOIN, patient_id, doctor_id, desired_date)
        assert row is not None  # noqa: S101  join_waitlist() answers its row or raises
        return WaitlistEntry(**row)

    async def leave(self, patient_id: int, entry_id: int) -> WaitlistEntry | None:
        """End a patient's waiting; None if the entry is not theirs. Raises the broken rule."""
        row = await fetch_one(self.session, LEAVE, patient_id, entry_id)
        return WaitlistEntry(**row) if row else None

    async def page(self, caller: Caller, *, after: int, limit: int) -> list[WaitlistEntry]:
        """Return up to `limit` of the caller's entries with ids above `after`, in order of joining."""
        rows = await fetch(self.session, PAGE[caller.role], caller.id, after, limit)
        return [WaitlistEntry(**row) for row in rows]
