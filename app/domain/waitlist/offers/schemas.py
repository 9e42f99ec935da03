"""What clients get about offers."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.domain.fields import Id, Instant
from app.domain.shared_schemas import Status

OfferStatus = Literal["queued", "sent", "accepted", "declined", "expired", "superseded"]


class Offer(Struct):
    """A freed slot that a waiting patient may have, if nobody is faster."""

    id: Id
    waitlist_entry: Id
    doctor: Id
    patient: Id
    appointment: Annotated[Id, Meta(description="The patient's, once it is accepted.")]
    appointment_date: Annotated[Instant, Meta(description="Start.")]
    ends_at: Instant
    fee: Decimal
    currency: str
    status: Annotated[OfferStatus, Meta(description="queued and sent can be accepted; sent: the mail is out.")]
    expires_at: Annotated[Instant, Meta(description="Good until then.")]
    created_at: Instant


class OfferDetail(Offer):
    """An offer after an action, and what the action did."""

    detail: str


class LinkedOffer(Struct):
    """An offer as the page behind its mail's link shows it; times are UTC, `timezone` is the patient's."""

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
