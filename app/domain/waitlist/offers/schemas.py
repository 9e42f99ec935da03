"""Response bodies for offers."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.domain.fields import Id, Instant
from app.domain.shared_schemas import Status

OfferStatus = Literal["queued", "sent", "accepted", "declined", "expired", "superseded"]


class Offer(Struct):
    """A freed slot that is offered to a waiting patient. The first patient to accept gets it."""

    id: Id
    waitlist_entry: Id
    doctor: Id
    patient: Id
    appointment: Annotated[Id, Meta(description="The appointment that the patient gets by accepting.")]
    appointment_date: Annotated[Instant, Meta(description="Start.")]
    ends_at: Instant
    fee: Decimal
    currency: str
    status: Annotated[
        OfferStatus, Meta(description="`queued` and `sent` offers can be accepted. `sent`: the mail has been sent.")
    ]
    expires_at: Annotated[Instant, Meta(description="The offer can be accepted until this time.")]
    created_at: Instant


class OfferDetail(Offer):
    """An offer after an action, and the result of the action."""

    detail: str


class LinkedOffer(Struct):
    """An offer as the page behind its link shows it. Times are in UTC; `timezone` is the patient's."""

    id: int
    patient: int
    doctor: str
    timezone: str
    appointment: int
    starts_at: datetime
    ends_at: datetime
    fee: Decimal
    currency: str
    status: OfferStatus
    expires_at: datetime
    appointment_status: Status
    hold_expires_at: datetime | None
    cancel_deadline: datetime
