"""What clients send and get about appointments."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.domain.fields import Id, Instant, in_utc

Status = Literal["offered", "pending", "confirmed", "released", "expired", "canceled", "completed", "no_show"]


class Book(Struct, forbid_unknown_fields=True):
    """A slot of a doctor, by its start. `patient`, if given, is the caller."""

    doctor: Id
    appointment_date: Instant
    patient: Id | None = None

    def __post_init__(self) -> None:
        self.appointment_date = in_utc(self.appointment_date)


class Appointment(Struct):
    """An appointment as its two parties see it."""

    id: Id
    doctor: Id
    patient: Id | None
    appointment_date: Annotated[Instant, Meta(description="Start.")]
    ends_at: Instant
    status: Status
    hold_expires_at: Annotated[Instant | None, Meta(description="Until when an unpaid booking holds its slot.")]
    cancel_deadline: Annotated[Instant, Meta(description="The patient may cancel before this instant.")]
    fee: Decimal
    currency: str
    created_at: Instant
    updated_at: Instant


class AppointmentDetail(Appointment):
    """An appointment after an action, and what the action did."""

    detail: str
