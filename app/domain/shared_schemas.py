"""Response bodies that several features share."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.domain.fields import Id, Instant

Status = Literal["offered", "pending", "confirmed", "released", "expired", "canceled", "completed", "no_show"]


class Appointment(Struct):
    """An appointment as its patient and its doctor see it."""

    id: Id
    doctor: Id
    patient: Id | None
    appointment_date: Annotated[Instant, Meta(description="Start.")]
    ends_at: Instant
    status: Status
    hold_expires_at: Annotated[Instant | None, Meta(description="When an unpaid booking loses its slot.")]
    cancel_deadline: Annotated[Instant, Meta(description="The patient can cancel before this time.")]
    fee: Decimal
    currency: str
    created_at: Instant
    updated_at: Instant


class Slot(Struct):
    """A free slot."""

    start: Instant
    end: Instant


class Done(Struct):
    """The result of an action."""

    detail: str
