"""What clients get about doctors."""

from decimal import Decimal

from msgspec import Struct

from app.domain.fields import Id, Instant


class Doctor(Struct):
    """A doctor's public profile. Times of their day are of `timezone`."""

    id: Id
    full_name: str
    specialty: str
    experience_years: int
    phone: str
    timezone: str
    slot_minutes: int
    fee: Decimal
    currency: str


class DoctorSlot(Struct):
    """A free slot of one of many doctors."""

    doctor: Id
    start: Instant
    end: Instant
