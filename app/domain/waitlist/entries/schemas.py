"""Request and response bodies for waitlist entries."""

from datetime import date, time
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.domain.fields import CLOCK, Id, Instant

Clock = Annotated[str, Meta(pattern=CLOCK, examples=["09:00"], description="Time of day in the doctor's time zone.")]
Notice = Annotated[int, Meta(ge=0, le=21600, description="Minimum time between offer and start, in minutes.")]


class Preferences(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which slots to offer: those that start between `earliest_time` and `latest_time`, with enough notice."""

    earliest_time: Clock | None = None
    latest_time: Clock | None = None
    min_notice_minutes: Notice = 0

    @property
    def columns(self) -> tuple[time | None, time | None, int]:
        """The values as PostgreSQL takes them."""
        earliest, latest = (
            None if clock is None else time.fromisoformat(clock) for clock in (self.earliest_time, self.latest_time)
        )
        return earliest, latest, self.min_notice_minutes


class JoinWaitlist(Preferences, kw_only=True):
    """The doctor to wait for, and the day in the doctor's time zone. Without a day, any day matches."""

    doctor: Id
    desired_date: date | None = None


class WaitlistEntry(Struct, omit_defaults=True):
    """A patient's place on the waitlist. Preferences are included only if they are set."""

    id: Id
    doctor: Id
    patient: Id
    desired_date: date | None
    status: Literal["waiting", "offered", "paused", "fulfilled", "left", "lapsed"]
    position: Annotated[int | None, Meta(description="Place in line, starting at 1. Null once the entry has ended.")]
    created_at: Instant
    earliest_time: Clock | None = None
    latest_time: Clock | None = None
    min_notice_minutes: Notice = 0
