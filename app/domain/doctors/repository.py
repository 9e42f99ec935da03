"""Doctors as the public sees them, and their free slots."""

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import func, select

from app.db import models
from app.db.driver import fetch, fetch_one
from app.domain.doctors.schemas import Doctor, DoctorSlot, Slot
from app.domain.time_range import TimeRange

d = models.Doctor
PUBLIC = select(
    d.account_id.label("id"),
    d.full_name,
    d.specialty,
    d.experience_years,
    d.phone,
    d.timezone,
    d.slot_minutes,
    d.fee,
    d.currency,
)
SEARCH = """
    SELECT doctor, starts_at, ends_at
    FROM search_free_slots($1, coalesce($2, now()), coalesce($3, 'infinity'::timestamptz), $4)
"""
FREE_SLOTS = """
    SELECT starts_at, ends_at
    FROM free_slots($1, coalesce($2, now()), coalesce($3, 'infinity'::timestamptz))
"""


class DoctorRepository(SQLAlchemyAsyncRepository[models.Doctor]):
    """Reads public profiles and free slots."""

    model_type = models.Doctor

    async def page(self, *, specialty: str, name: str, after: int, limit: int) -> list[Doctor]:
        """Return up to `limit` doctors with ids above `after`: specialty whole, name in part, any case; empty: all."""
        query = PUBLIC.where(d.account_id > after).order_by(d.account_id).limit(limit)
        if specialty:
            query = query.where(func.lower(d.specialty) == specialty.lower())
        if name:
            query = query.where(func.lower(d.full_name).contains(name.lower(), autoescape=True))
        return [Doctor(**row) for row in (await self.session.execute(query)).mappings()]

    async def find(self, doctor_id: int) -> Doctor | None:
        """Return one doctor's public profile."""
        row = (await self.session.execute(PUBLIC.where(d.account_id == doctor_id))).mappings().one_or_none()
        return Doctor(**row) if row else None

    async def free_slots(self, doctor_id: int, time_range: TimeRange) -> list[Slot] | None:
        """Return a doctor's free slots that start in a range, by default the whole window; None: no such doctor."""
        rows = await fetch(self.session, FREE_SLOTS, doctor_id, *time_range)
        if not rows and not await fetch_one(self.session, "SELECT 1 FROM doctor WHERE account_id = $1", doctor_id):
            return None
        return [Slot(row["starts_at"], row["ends_at"]) for row in rows]

    async def search(self, specialty: str, time_range: TimeRange, limit: int) -> list[DoctorSlot]:
        """Return the earliest free slots that start in a range, of doctors of a specialty or of all."""
        rows = await fetch(self.session, SEARCH, specialty or None, *time_range, limit)
        return [DoctorSlot(*row) for row in rows]
