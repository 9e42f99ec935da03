"""Request and response bodies for a doctor's schedule."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from app.domain.fields import CLOCK, END, Id, Instant, Reason, in_utc
from app.domain.shared_schemas import Appointment
from app.domain.validation_messages import pattern

CLOCK_TO_24 = pattern(rf"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00){END}", "Must be a time such as 17:00, or 24:00.")

Weekday = Annotated[int, Meta(ge=1, le=7, description="1 (Monday) to 7 (Sunday).")]
Start = Annotated[str, Meta(pattern=CLOCK, examples=["09:00"])]
End = Annotated[str, Meta(pattern=CLOCK_TO_24, examples=["17:00"], description="24:00 is the end of the day.")]


class Interval(Struct, forbid_unknown_fields=True):
    """Working hours on a weekday, in the doctor's time zone. Hours across midnight are two intervals."""

    weekday: Weekday
    start: Start
    end: End


class Week(Struct):
    """A doctor's working hours for the whole week."""

    timezone: str
    working_hours: list[Interval]


class ScheduleChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """What to do about affected appointments: refuse the change (the default), cancel them, or only list them."""

    cancel_affected: Annotated[bool, Meta(description="Cancel the affected appointments and notify the patients.")] = (
        False
    )
    dry_run: Annotated[bool, Meta(description="Change nothing, and list the affected appointments.")] = False


class ReplaceWeek(ScheduleChange, kw_only=True):
    """The working hours of the whole week. Days without an interval are days off."""

    working_hours: Annotated[list[Interval], Meta(max_length=200)]


class WeekChanged(Week):
    """The changed week, and the appointments that the change affects. A dry run only shows them."""

    affected: list[Appointment]


class AddTimeOff(ScheduleChange, kw_only=True):
    """The time off to add. Patients whose appointments are canceled are sent the reason."""

    start: Instant
    end: Instant
    reason: Reason | None = None

    def __post_init__(self) -> None:
        self.start, self.end = in_utc(self.start), in_utc(self.end)


class TimeOff(Struct):
    """A period in which the doctor is away."""

    id: Id
    start: datetime
    end: datetime
    reason: str | None
    created_at: datetime


class TimeOffAdded(Struct):
    """The new time off (null in a dry run), and the appointments that it affects."""

    time_off: TimeOff | None
    affected: list[Appointment]
