"""What the outbox says."""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

Kind = Literal[
    "slot_available",
    "appointment_confirmed",
    "appointment_canceled",
    "appointment_rescheduled",
    "payment_too_late",
    "refund_requested",
    "refund_completed",
]
Role = Literal["doctor", "patient"]


class Event(NamedTuple):
    """A change of an appointment that people are to hear of."""

    appointment_id: int
    version: int
    request_id: str | None  # of the request that made the change, if one did


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a mail may say (the view `notification_letter`); times are UTC, `timezone` is the recipient's."""

    id: int
    kind: Kind
    message_id: UUID
    email: str
    recipient: str
    timezone: str
    recipient_role: Role
    doctor: str
    patient: str | None
    starts_at: datetime
    ends_at: datetime
    moved_from: datetime | None  # of a rescheduled appointment: its start before
    also_canceled: list[datetime]  # starts of further appointments that were canceled by the same act
    cancel_deadline: datetime
    canceled_by: Literal["patient", "doctor", "admin"] | None
    cancel_reason: str | None
    request_id: str | None
    payment: str | None  # amount and currency of the payment that a mail about money is about
    refunds: list[str]  # what goes back of the appointments' payments, a sum for each currency
