"""A doctor's working hours and time off. PostgreSQL refuses changes that appointments do not fit."""

from dataclasses import dataclass

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.problems import account_gone
from app.db.columns import column_list
from app.db.driver import fetch, fetch_if, fetch_one
from app.domain.schedule.changes import affected_or_refuse, should_commit
from app.domain.schedule.schemas import (
    AddTimeOff,
    Interval,
    ReplaceWeek,
    TimeOff,
    TimeOffAdded,
    Week,
    WeekChanged,
)
from app.domain.shared_schemas import Appointment

# ruff: noqa: S608  statements contain only constants
HOURS = (
    "SELECT weekday, start_minute, end_minute FROM working_hours WHERE doctor_id = $1 ORDER BY weekday, start_minute"
)
ZONE = "SELECT timezone FROM doctor WHERE account_id = $1"
REPLACE_HOURS = f"SELECT {column_list(Appointment)} FROM replace_working_hours($1, $2, $3)"
COLUMNS = 'id, lower(during) AS start, upper(during) AS "end", reason, created_at'
TIME_OFF_PAGE = f"SELECT {COLUMNS} FROM time_off WHERE doctor_id = $1 AND id > $2 ORDER BY id LIMIT $3"
TIME_OFF = f"SELECT {COLUMNS} FROM time_off WHERE id = $1"
# A row for each affected appointment, or one with NULLs. An array would be decoded by asyncpg's cached row type.
ADD_TIME_OFF = f"""
    SELECT added.time_off_id, {column_list(Appointment, of="affected")}
    FROM add_time_off($1, $2, $3, $4, $5) AS added
    LEFT JOIN unnest(added.affected) AS affected ON true
"""
DELETE_TIME_OFF = f"SELECT {COLUMNS} FROM delete_time_off($1, $2)"


@dataclass(frozen=True)
class ScheduleRepository:
    """Reads and changes one doctor's schedule."""

    engine: AsyncEngine

    async def week(self, doctor_id: int) -> Week:
        """Return a doctor's working hours. Raises ProblemError (401) if there is no such doctor."""
        zone = await fetch_one(self.engine, ZONE, doctor_id)
        if zone is None:
            raise account_gone()
        rows = await fetch(self.engine, HOURS, doctor_id)
        hours = [
            Interval(row["weekday"], format_clock(row["start_minute"]), format_clock(row["end_minute"])) for row in rows
        ]
        return Week(zone["timezone"], hours)

    async def replace_week(self, doctor_id: int, change: ReplaceWeek) -> WeekChanged:
        """Replace a doctor's working hours. Raises ProblemError with the affected appointments or the broken rule."""
        week = [
            {"weekday": i.weekday, "start_minute": parse_clock(i.start), "end_minute": parse_clock(i.end)}
            for i in change.working_hours
        ]
        arguments = (doctor_id, msgspec.json.encode(week).decode(), change.cancel_affected)
        rows = await fetch_if(self.engine, should_commit(change), REPLACE_HOURS, *arguments)
        affected = affected_or_refuse("working_hours_cover_appointments", change, rows)
        present = await self.week(doctor_id)
        hours = sorted(change.working_hours, key=lambda i: (i.weekday, i.start))
        return WeekChanged(present.timezone, hours if change.dry_run else present.working_hours, affected)

    async def time_off_page(self, doctor_id: int, *, after: int, limit: int) -> list[TimeOff]:
        """Return up to `limit` periods of a doctor's time off with ids above `after`, in order of entry."""
        return [TimeOff(**row) for row in await fetch(self.engine, TIME_OFF_PAGE, doctor_id, after, limit)]

    async def add_time_off(self, doctor_id: int, change: AddTimeOff) -> TimeOffAdded:
        """Add time off. Raises ProblemError with the affected appointments or the broken rule."""
        arguments = (doctor_id, change.start, change.end, change.reason, change.cancel_affected)
        rows = await fetch_if(self.engine, should_commit(change), ADD_TIME_OFF, *arguments)
        affected = affected_or_refuse("time_off_no_appointment", change, rows)
        row = await fetch_one(self.engine, TIME_OFF, rows[0]["time_off_id"])
        return TimeOffAdded(TimeOff(**row) if row else None, affected)

    async def delete_time_off(self, doctor_id: int, time_off_id: int) -> TimeOff | None:
        """Delete time off; None if it is not the doctor's."""
        row = await fetch_one(self.engine, DELETE_TIME_OFF, doctor_id, time_off_id)
        return TimeOff(**row) if row else None


def parse_clock(text: str) -> int:
    """Return a time of day such as 09:30 in minutes after midnight."""
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def format_clock(number: int) -> str:
    """Return minutes after midnight as a time of day such as 09:30."""
    return f"{number // 60:02}:{number % 60:02}"
