"""Doctors as the public sees them, and their free slots."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, TableClause, column, func, select, table
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.time_range import TimeRange
from app.db.driver import fetch, fetch_one
from app.domain.doctors.schemas import Doctor, DoctorSlot
from app.domain.shared_schemas import Slot

d: TableClause = table("api_doctor", *map(column, Doctor.__struct_fields__))
PUBLIC = select(d)
SEARCH = """
    SELECT doctor, starts_at, ends_at
    FROM search_free_slots($1, coalesce($2, now()), coalesce($3, 'infinity'::timestamptz), $4, $5, $6)
"""
FREE_SLOTS = """
    SELECT starts_at, ends_at
    FROM free_slots($1, greatest($2, now()), coalesce($3, 'infinity'::timestamptz))
    WHERE starts_at > $4
    LIMIT $5
"""


def page_query(*, specialty: str, name: str, after: int, limit: int) -> Select[Any]:
    """Return the query of a page of doctors."""
    query = PUBLIC.where(d.c.id > after).order_by(d.c.id).limit(limit)
    if specialty:
        query = query.where(func.lower(d.c.specialty) == specialty.lower())
    if name:
        query = query.where(func.lower(d.c.full_name).contains(name.lower(), autoescape=True))
    return query


@dataclass(frozen=True)
class DoctorRepository:
    """Reads public profiles and free slots."""

    engine: AsyncEngine

    async def page(self, *, specialty: str, name: str, after: int, limit: int) -> list[Doctor]:
        """Return up to `limit` doctors with ids above `after`: specialty whole, name in part, any case; empty: all."""
        query = page_query(specialty=specialty, name=name, after=after, limit=limit)
        return await self._read(query)

    async def find(self, doctor_id: int) -> Doctor | None:
        """Return one doctor's public profile."""
        found = await self._read(PUBLIC.where(d.c.id == doctor_id))
        return found[0] if found else None

    async def _read(self, query: Select[Any]) -> list[Doctor]:
        async with self.engine.connect() as connection:
            return [Doctor(**row) for row in (await connection.execute(query)).mappings()]

    async def free_slots(
        self, doctor_id: int, time_range: TimeRange, *, after: datetime, limit: int
    ) -> list[Slot] | None:
        """Return up to `limit` of a doctor's free slots in a range and after an instant; None: no such doctor."""
        rows = await fetch(self.engine, FREE_SLOTS, doctor_id, *time_range, after, limit)
        if not rows and not await fetch_one(self.engine, "SELECT 1 FROM api_doctor WHERE id = $1", doctor_id):
            return None
        return [Slot(*row) for row in rows]

    async def search(
        self, specialty: str, time_range: TimeRange, *, after: tuple[datetime, int], limit: int
    ) -> list[DoctorSlot]:
        """Return the earliest free slots in a range after a key of start and doctor, of a specialty or of all."""
        rows = await fetch(self.engine, SEARCH, specialty or None, *time_range, limit, *after)
        return [DoctorSlot(*row) for row in rows]
