"""What clients send and get about the waitlist."""

from datetime import date, time
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.domain.fields import CLOCK, Id, Instant

Clock = Annotated[str, Meta(pattern=CLOCK, examples=["09:00"], description="A time of the doctor's day.")]
Notice = Annotated[int, Meta(ge=0, le=21600, description="How long before its start an offer must come, minutes.")]


class Preferences(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which slots to be offered: those that start at `earliest_time` to `latest_time`, and not too soon."""

    earliest_time: Clock | None = None
    latest_time: Clock | None = None
    min_notice_minutes: Notice = 0

    @property
    def columns(self) -> tuple[time | None, time | None, int]:
        """The same as PostgreSQL takes it."""
        earliest, latest = (
            None if clock is None else time.fromisoformat(clock) for clock in (self.earliest_time, self.latest_time)
        )
        return earliest, latest, self.min_notice_minutes


class JoinWaitlist(Preferences, kw_only=True):
    """Which doctor to wait for, and which day of theirs; no day: any."""

    doctor: Id
    desired_date: date | None = None


class WaitlistEntry(Struct, omit_defaults=True):
    """A patient's place in line; preferences only where there are any."""

    id: Id
    doctor: Id
    patient: Id
    desired_date: date | None
    status: Literal["waiting", "offered", "paused", "fulfilled", "left", "lapsed"]
    position: Annotated[int | None, Meta(description="1 is first in line; none once the waiting has ended.")]
    created_at: Instant
    earliest_time: Clock | None = None
    latest_time: Clock | None = None
    min_notice_minutes: Notice = 0
