"""Waitlist entries. Each call is one statement; PostgreSQL enforces the rules."""

from dataclasses import dataclass

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.columns import column_list
from app.db.driver import fetch, fetch_one
from app.domain.auth.tokens import Caller
from app.domain.waitlist.entries.schemas import JoinWaitlist, Preferences, WaitlistEntry

# ruff: noqa: S608  statements contain only constants
ENTRY = column_list(WaitlistEntry)

JOIN = f"SELECT {ENTRY} FROM join_waitlist($1, $2, $3, $4, $5, $6)"
LEAVE = f"SELECT {ENTRY} FROM leave_waitlist($1, $2)"
PAUSE = f"SELECT {ENTRY} FROM pause_waitlist($1, $2)"
RESUME = f"SELECT {ENTRY} FROM resume_waitlist($1, $2)"
PREFER = f"SELECT {ENTRY} FROM prefer_slots($1, $2, $3, $4, $5)"
PAGE = {
    role: f"SELECT {ENTRY} FROM api_waitlist_entry WHERE {role} = $1 AND id > $2 ORDER BY id LIMIT $3"
    for role in ("patient", "doctor")
}


@dataclass(frozen=True)
class WaitlistRepository:
    """Creates, changes and reads waitlist entries on behalf of one party."""

    engine: AsyncEngine

    async def join(self, patient_id: int, new: JoinWaitlist) -> WaitlistEntry:
        """Add a patient to the waitlist. Raises the broken rule."""
        row = await fetch_one(self.engine, JOIN, patient_id, new.doctor, new.desired_date, *new.columns)
        assert row is not None  # noqa: S101  join_waitlist() returns a row or raises
        return _entry(row)

    async def leave(self, patient_id: int, entry_id: int) -> WaitlistEntry | None:
        """End a patient's entry; None if it is not theirs. Raises the broken rule."""
        return await self._change(LEAVE, patient_id, entry_id)

    async def pause(self, patient_id: int, entry_id: int) -> WaitlistEntry | None:
        """Pause a patient's entry; None if it is not theirs. Raises the broken rule."""
        return await self._change(PAUSE, patient_id, entry_id)

    async def resume(self, patient_id: int, entry_id: int) -> WaitlistEntry | None:
        """Resume a patient's paused entry; None if it is not theirs. Raises the broken rule."""
        return await self._change(RESUME, patient_id, entry_id)

    async def prefer(self, patient_id: int, entry_id: int, preferences: Preferences) -> WaitlistEntry | None:
        """Replace the preferences of a patient's entry; None if it is not theirs. Raises the broken rule."""
        return await self._change(PREFER, patient_id, entry_id, *preferences.columns)

    async def _change(self, statement: str, patient_id: int, entry_id: int, *what: object) -> WaitlistEntry | None:
        row = await fetch_one(self.engine, statement, patient_id, entry_id, *what)
        return _entry(row) if row else None

    async def page(self, caller: Caller, *, after: int, limit: int) -> list[WaitlistEntry]:
        """Return up to `limit` of the caller's entries with ids above `after`, in order of joining."""
        rows = await fetch(self.engine, PAGE[caller.role], caller.id, after, limit)
        return [_entry(row) for row in rows]


def _entry(row: asyncpg.Record) -> WaitlistEntry:
    clocks = {name: None if row[name] is None else f"{row[name]:%H:%M}" for name in ("earliest_time", "latest_time")}
    return WaitlistEntry(**{**row, **clocks})
