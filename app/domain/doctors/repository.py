"""Public profiles of doctors, and their free slots."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.time_range import TimeRange
from app.db.columns import column_list
from app.db.driver import fetch, fetch_one
from app.domain.doctors.schemas import Doctor, DoctorSlot
from app.domain.shared_schemas import Slot

# ruff: noqa: S608  statements contain only constants
DOCTOR = column_list(Doctor)

FIND = f"SELECT {DOCTOR} FROM api_doctor WHERE id = $1"
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


def page_query(*, specialty: str, name: str, after: int, limit: int) -> tuple[str, list[Any]]:
    """Return the statement of a page of doctors and its arguments. Only the given filters add conditions."""
    conditions = ["id > $1"]
    arguments: list[Any] = [after, limit]
    if specialty:
        arguments.append(specialty.lower())
        conditions.append(f"lower(specialty) = ${len(arguments)}")
    if name:
        arguments.append("%" + re.sub(r"([\\%_])", r"\\\1", name.lower()) + "%")
        conditions.append(f"lower(full_name) LIKE ${len(arguments)}")
    return f"SELECT {DOCTOR} FROM api_doctor WHERE {' AND '.join(conditions)} ORDER BY id LIMIT $2", arguments


@dataclass(frozen=True)
class DoctorRepository:
    """Reads public profiles and free slots."""

    engine: AsyncEngine

    async def page(self, *, specialty: str, name: str, after: int, limit: int) -> list[Doctor]:
        """Return up to `limit` doctors with ids above `after`. Empty filters match all doctors."""
        statement, arguments = page_query(specialty=specialty, name=name, after=after, limit=limit)
        return [Doctor(**row) for row in await fetch(self.engine, statement, *arguments)]

    async def find(self, doctor_id: int) -> Doctor | None:
        """Return a doctor's public profile."""
        row = await fetch_one(self.engine, FIND, doctor_id)
        return Doctor(**row) if row else None

    async def free_slots(
        self, doctor_id: int, time_range: TimeRange, *, after: datetime, limit: int
    ) -> list[Slot] | None:
        """Return up to `limit` of a doctor's free slots in a range and after an instant; None without such a doctor."""
        rows = await fetch(self.engine, FREE_SLOTS, doctor_id, *time_range, after, limit)
        if not rows and not await fetch_one(self.engine, "SELECT 1 FROM api_doctor WHERE id = $1", doctor_id):
            return None
        return [Slot(*row) for row in rows]

    async def search(
        self, specialty: str, time_range: TimeRange, *, after: tuple[datetime, int], limit: int
    ) -> list[DoctorSlot]:
        """Return the earliest free slots in a range and after a key of start and doctor. Empty `specialty`: any."""
        rows = await fetch(self.engine, SEARCH, specialty or None, *time_range, limit, *after)
        return [DoctorSlot(*row) for row in rows]
