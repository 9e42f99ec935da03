"""A change of the schedule, and what becomes of the appointments in its way."""

from collections.abc import Callable

import asyncpg

from app.api.problems import refused
from app.domain.rules import RULES, Refusal
from app.domain.schedule.schemas import (
    ScheduleChange,
)
from app.domain.shared_schemas import Appointment

Rows = list[asyncpg.Record]


def should_commit(change: ScheduleChange) -> Callable[[Rows], bool]:
    """Make the test whether a change stays: not a dry run, and nothing stands in its way unless that was canceled."""
    return lambda rows: not change.dry_run and (change.cancel_affected or not _affected(rows))


def affected_or_refuse(rule: str, change: ScheduleChange, rows: Rows) -> list[Appointment]:
    """Return what a change affected. Raises ProblemError with it if that is why the change was undone."""
    affected = _affected(rows)
    if affected and not change.cancel_affected and not change.dry_run:
        detail = f"Appointments in the way: {len(affected)}. Send cancel_affected to cancel them and tell the patients."
        error = refused(Refusal(rule, *RULES[rule], detail))
        error.problem.affected = affected
        raise error
    return affected


def _affected(rows: Rows) -> list[Appointment]:
    """Return the appointments in the rows of a change; a row that says only what changed has none."""
    names = Appointment.__struct_fields__
    return [Appointment(**{name: row[name] for name in names}) for row in rows if row["id"] is not None]
