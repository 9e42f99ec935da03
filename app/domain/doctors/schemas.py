"""Response bodies for doctors."""

from decimal import Decimal

from msgspec import Struct

from app.domain.fields import Id, Instant


class Doctor(Struct):
    """A doctor's public profile. Days and times of day of this doctor are in `timezone`."""

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
    """A free slot and its doctor."""

    doctor: Id
    start: Instant
    end: Instant
