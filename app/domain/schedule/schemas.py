"""What doctors send and get about their schedule."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from app.domain.fields import CLOCK, END, Id, Instant, Reason, in_utc
from app.domain.shared_schemas import Appointment
from app.domain.validation_messages import pattern

CLOCK_TO_24 = pattern(rf"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00){END}", "Must be a time such as 17:00, or 24:00.")

Weekday = Annotated[int, Meta(ge=1, le=7, description="1 Monday to 7 Sunday.")]
Start = Annotated[str, Meta(pattern=CLOCK, examples=["09:00"])]
End = Annotated[str, Meta(pattern=CLOCK_TO_24, examples=["17:00"], description="Midnight is 24:00.")]


class Interval(Struct, forbid_unknown_fields=True):
    """Working hours of one day, by the doctor's clock. Hours across midnight are two intervals."""

    weekday: Weekday
    start: Start
    end: End


class Week(Struct):
    """A doctor's whole week."""

    timezone: str
    working_hours: list[Interval]


class ScheduleChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """How to treat appointments in the way: refuse the change (the default), cancel them, or only show them."""

    cancel_affected: Annotated[bool, Meta(description="Cancel the appointments in the way and tell the patients.")] = (
        False
    )
    dry_run: Annotated[bool, Meta(description="Change nothing; show what would be affected.")] = False


class ReplaceWeek(ScheduleChange, kw_only=True):
    """The whole week anew; days without an interval are free days."""

    working_hours: Annotated[list[Interval], Meta(max_length=200)]


class WeekChanged(Week):
    """The week as it is now, or in a dry run would be, and the appointments canceled or, in a dry run, stranded."""

    affected: list[Appointment]


class AddTimeOff(ScheduleChange, kw_only=True):
    """When the doctor will be away. Patients whose appointment is canceled for it are told the reason."""

    start: Instant
    end: Instant
    reason: Reason | None = None

    def __post_init__(self) -> None:
        self.start, self.end = in_utc(self.start), in_utc(self.end)


class TimeOff(Struct):
    """A time at which the doctor is away."""

    id: Id
    start: datetime
    end: datetime
    reason: str | None
    created_at: datetime


class TimeOffAdded(Struct):
    """Time off as entered (in a dry run: none), and the appointments canceled for it or in its way."""

    time_off: TimeOff | None
    affected: list[Appointment]
