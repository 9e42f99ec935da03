"""The request and response bodies of payments."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from app.domain.fields import END, Currency, Id, Instant, Money
from app.domain.shared_schemas import Appointment
from app.domain.validation_messages import pattern

PAYPAL_ID = pattern(rf"^[A-Za-z0-9-]{{1,64}}{END}", "Must be a PayPal id.")

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
    """The appointment to pay, and the price that the client shows to the payer."""

    appointment_id: Id
    amount: Money
    currency: Currency


class ExecutePayment(
    Struct, forbid_unknown_fields=True, kw_only=True, rename={"payment_id": "paymentId", "payer_id": "PayerID"}
):
    """The parameters of PayPal's redirect. `token` is PayPal's own name for `paymentId`."""

    payment_id: PayPalId | UnsetType = UNSET
    token: PayPalId | UnsetType = UNSET
    payer_id: PayPalId

    def __post_init__(self) -> None:
        if (self.payment_id is UNSET) == (self.token is UNSET):
            raise ValueError("Give one of `paymentId` and `token`.")

    @property
    def order_id(self) -> str:
        """PayPal's order id."""
        return self.payment_id or self.token or ""


class CancelPayment(Struct, forbid_unknown_fields=True, rename={"payment_id": "paymentId"}):
    """The payment to cancel."""

    payment_id: PayPalId


class Payment(Struct, kw_only=True, rename={"paypal_order": "paymentId"}):
    """A payment and its status. `captured` means that the payer was charged."""

    payment_id: Id
    paypal_order: Annotated[str | None, Meta(description="The PayPal order id.")]
    appointment_id: Id
    amount: Decimal
    currency: str
    status: Status
    approval_url: Annotated[
        str | None, Meta(description="Where the payer approves the payment, while approval is needed.")
    ]
    refund_requested: Annotated[Decimal, Meta(description="The amount of refunds that are requested but not complete.")]
    refunded: Annotated[Decimal, Meta(description="The amount of completed refunds.")]
    created_at: Instant
    updated_at: Instant


class PaymentDetail(Payment, kw_only=True):
    """A payment after an action, with a description of the result."""

    detail: str


class Executed(Struct):
    """A payment and its appointment in their current state."""

    payment: Payment
    appointment: Appointment
