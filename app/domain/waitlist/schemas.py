"""What clients send and get about the waitlist."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.domain.fields import Id, Instant


class JoinWaitlist(Struct, forbid_unknown_fields=True):
    """Which doctor to wait for, and which day of theirs; no day: any."""

    doctor: Id
    desired_date: date | None = None


class WaitlistEntry(Struct):
    """A patient's place in line."""

    id: Id
    doctor: Id
    patient: Id
    desired_date: date | None
    status: Literal["waiting", "offered", "paused", "fulfilled", "left", "lapsed"]
    position: Annotated[int | None, Meta(description="1 is first in line; none once the waiting has ended.")]
    created_at: Instant
