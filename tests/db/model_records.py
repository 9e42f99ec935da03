"""What the model knows of doctors, appointments and waitlist entries."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.db.model_calendar import Interval, Span, slots

HELD, LIVE = ("pending", "confirmed"), ("waiting", "offered", "paused")


class Refused(Exception):  # noqa: N818  an answer, not an error
    """An act breaks a rule, the first by the order of refusals."""


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
        """Return the starts from `first` to `last` that are on the grid of the working hours."""
        return slots(self.timezone, self.week, self.slot_minutes, self.buffer_minutes, first, last)

    def works(self, slot: Span) -> bool:
        return slot.start in self.slots(slot.start, slot.start) and not any(map(slot.overlaps, self.away))


@dataclass
class Appointment:
    doctor: int
    patient: int
    span: Span
    fee: int
    seat: int | None
    deadline: datetime
    status: str = "confirmed"
    hold_ends: datetime | None = None
    canceled_by: str | None = None

    def counts_as(self, now: datetime) -> str:
        """Return the status that counts at an instant."""
        if self.status == "pending" and self.hold_ends is not None and self.hold_ends <= now:
            return "expired"
        if self.status == "confirmed" and self.span.end <= now:
            return "completed"
        return self.status

    def is_active(self, now: datetime) -> bool:
        return self.counts_as(now) in HELD

    def is_ahead(self, now: datetime) -> bool:
        return self.is_active(now) and now < self.span.start

    def is_of(self, actor: str, who: int) -> bool:
        return who == {"patient": self.patient, "doctor": self.doctor}.get(actor, who)

    def end(self, status: str, canceled_by: str | None = None) -> None:
        self.status, self.seat, self.canceled_by = status, None, canceled_by


@dataclass
class Entry:
    doctor: int
    patient: int
    day: date | None
    status: str = "waiting"

    def is_answered_by(self, booked: Appointment, day: date) -> bool:
        wanted = (self.doctor, self.patient) == (booked.doctor, booked.patient) and self.day in (None, day)
        return wanted and self.status in LIVE
