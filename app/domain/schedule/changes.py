"""Changes of a schedule, and the appointments that they affect."""

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
    """Return the test whether to commit: no dry run, and all affected appointments, if any, were canceled."""
    return lambda rows: not change.dry_run and (change.cancel_affected or not _affected(rows))


def affected_or_refuse(rule: str, change: ScheduleChange, rows: Rows) -> list[Appointment]:
    """Return the affected appointments. Raises ProblemError with them if the change was rolled back for them."""
    affected = _affected(rows)
    if affected and not change.cancel_affected and not change.dry_run:
        detail = (
            f"Appointments in the way: {len(affected)}. To cancel them and notify the patients, set cancel_affected."
        )
        error = refused(Refusal(rule, *RULES[rule], detail))
        error.problem.affected = affected
        raise error
    return affected


def _affected(rows: Rows) -> list[Appointment]:
    """Return the appointments in the rows of a change; a row can have none."""
    names = Appointment.__struct_fields__
    return [Appointment(**{name: row[name] for name in names}) for row in rows if row["id"] is not None]
