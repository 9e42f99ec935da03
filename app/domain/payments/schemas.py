"""What clients send and get about payments."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from app.domain.fields import END, Currency, Id, Instant, Money
from app.domain.shared_schemas import Appointment
from app.domain.validation_messages import pattern

PAYPAL_ID = pattern(rf"^[A-Za-z0-9-]{{1,64}}{END}", "Must be an id of PayPal's.")

Status = Literal[
    "created",
    "approved",
    "capturing",
    "pending_review",
    "captured",
    "partially_refunded",
    "refunded",
    "canceled",
    "failed",
]
PayPalId = Annotated[str, Meta(pattern=PAYPAL_ID, examples=["5O190127TN364715T"])]


class CreatePayment(Struct, forbid_unknown_fields=True):
    """Which appointment to pay, and its price as the payer knows it."""

    appointment_id: Id
    amount: Money
    currency: Currency


class ExecutePayment(
    Struct, forbid_unknown_fields=True, kw_only=True, rename={"payment_id": "paymentId", "payer_id": "PayerID"}
):
    """What PayPal's redirect brought back. `token` is another name for `paymentId`: PayPal's own."""

    payment_id: PayPalId | UnsetType = UNSET
    token: PayPalId | UnsetType = UNSET
    payer_id: PayPalId

    def __post_init__(self) -> None:
        if (self.payment_id is UNSET) == (self.token is UNSET):
            raise ValueError("Give one of `paymentId` and `token`.")

    @property
    def order_id(self) -> str:
        """PayPal's order."""
        return self.payment_id or self.token or ""


class CancelPayment(Struct, forbid_unknown_fields=True, rename={"payment_id": "paymentId"}):
    """The payment that will not be made."""

    payment_id: PayPalId


class Payment(Struct, kw_only=True, rename={"paypal_order": "paymentId"}):
    """A payment, and where it stands. `captured`: the money was taken."""

    payment_id: Id
    paypal_order: Annotated[str | None, Meta(description="PayPal's order.")]
    appointment_id: Id
    amount: Decimal
    currency: str
    status: Status
    approval_url: Annotated[str | None, Meta(description="Where the payer approves it, as long as there is need to.")]
    refund_requested: Annotated[Decimal, Meta(description="What is on its way back.")]
    refunded: Annotated[Decimal, Meta(description="What has gone back.")]
    created_at: Instant
    updated_at: Instant


class PaymentDetail(Payment, kw_only=True):
    """A payment after an action, and what the action did."""

    detail: str


class Executed(Struct):
    """A payment and what it pays for, as they are now."""

    payment: Payment
    appointment: Appointment
