"""Doctors, appointments, waitlist entries and offers of the model."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.robustness.model.model_calendar import Interval, Span, slots

HELD, LIVE, OPEN = ("offered", "pending", "confirmed"), ("waiting", "offered", "paused"), ("queued", "sent")


class Refused(Exception):  # noqa: N818  an answer, not an error
    """An act breaks a rule: the first in the order of refusals."""


@dataclass
class Doctor:
    timezone: str
    slot_minutes: int
    buffer_minutes: int
    max_appointments: int
    fee: int
    week: tuple[Interval, ...]
    away: list[Span] = field(default_factory=list)

    def span(self, start: datetime) -> Span:
        return Span(start, start + timedelta(minutes=self.slot_minutes))

    def slots(self, first: datetime, last: datetime) -> list[datetime]:
        return slots(self.timezone, self.week, self.slot_minutes, self.buffer_minutes, first, last)

    def works(self, slot: Span) -> bool:
        return slot.start in self.slots(slot.start, slot.start) and not any(map(slot.overlaps, self.away))


@dataclass
class Appointment:
    doctor: int
    patient: int | None
    span: Span
    fee: int
    seat: int | None
    deadline: datetime
    status: str = "confirmed"
    hold_ends: datetime | None = None
    canceled_by: str | None = None
    # event numbers of its beginning and end, and the act that ended it
    made: int = 0
    changed: int = 0
    changed_in: int = 0
    changed_at: datetime | None = None

    def counts_as(self, now: datetime) -> str:
        """Return the status that counts at an instant."""
        if self.status == "pending" and self.hold_ends is not None and self.hold_ends <= now:
            return "expired"
        if self.status == "confirmed" and self.span.end <= now:
            return "completed"
        if self.status == "offered" and self.span.end <= now:
            return "released"
        return self.status

    def is_active(self, now: datetime) -> bool:
        return self.counts_as(now) in HELD

    def is_ahead(self, now: datetime) -> bool:
        return self.is_active(now) and now < self.span.start and self.patient is not None

    def is_of(self, actor: str, who: int) -> bool:
        return who == {"patient": self.patient, "doctor": self.doctor}.get(actor, who)

    def end(self, status: str, canceled_by: str | None = None) -> None:
        self.status, self.seat, self.canceled_by = status, None, canceled_by


@dataclass
class WaitlistEntry:
    doctor: int
    patient: int
    day: date | None
    priority: int = 2
    status: str = "waiting"

    def is_answered_by(self, booked: Appointment, day: date) -> bool:
        wanted = (self.doctor, self.patient) == (booked.doctor, booked.patient) and self.day in (None, day)
        return wanted and self.status in LIVE


@dataclass
class Offer:
    slot: Appointment
    entry: WaitlistEntry
    wave: int
    made_at: datetime
    due: datetime
    ends: datetime
    made: int
    status: str = "queued"
