"""The waitlist: each call is one statement, and every rule of it is PostgreSQL's."""

from dataclasses import dataclass

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.columns import column_list
from app.db.driver import fetch, fetch_one
from app.domain.auth.tokens import Caller
from app.domain.waitlist.entries.schemas import JoinWaitlist, Preferences, WaitlistEntry

# ruff: noqa: S608  the columns and the two roles are our own, nothing of a request is
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
    """Joins, leaves and reads the waitlist on behalf of one party."""

    engine: AsyncEngine

    async def join(self, patient_id: int, wish: JoinWaitlist) -> WaitlistEntry:
        """Put a patient in line. Raises the broken rule."""
        row = await fetch_one(self.engine, JOIN, patient_id, wish.doctor, wish.desired_date, *wish.columns)
        assert row is not None  # noqa: S101  join_waitlist() answers its row or raises
        return _entry(row)

    async def leave(self, patient_id: int, entry_id: int) -> WaitlistEntry | None:
        """End a patient's waiting; None if the entry is not theirs. Raises the broken rule."""
        return await self._change(LEAVE, patient_id, entry_id)

    async def pause(self, patient_id: int, entry_id: int) -> WaitlistEntry | None:
        """Offer a patient nothing for a while; None if the entry is not theirs. Raises the broken rule."""
        return await self._change(PAUSE, patient_id, entry_id)

    async def resume(self, patient_id: int, entry_id: int) -> WaitlistEntry | None:
        """End such a pause; None if the entry is not the patient's. Raises the broken rule."""
        return await self._change(RESUME, patient_id, entry_id)

    async def prefer(self, patient_id: int, entry_id: int, preferences: Preferences) -> WaitlistEntry | None:
        """Keep which slots a patient would like; None if the entry is not theirs. Raises the broken rule."""
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
