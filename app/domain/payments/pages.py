"""The pages to which PayPal sends the payer's browser. They show the status of the payment."""

from litestar import Response

from app.api.pages import page

BACK = "You may close this page and go back to your booking app."
AGAIN = "To book again, open your booking app."
REVIEWED = "PayPal is still reviewing your payment. Your slot stays reserved, and we will send you a mail."
MONEY_BACK = "This appointment does not take place. You receive a full refund and a mail about it."
# PayPal redirects the payer before it notifies us of the approval
AWAITED = f"When PayPal has confirmed your approval, we will send you a mail about your appointment. {BACK}"

RETURNED = {
    "created": ("Almost done", AWAITED),
    "approved": ("Almost done", AWAITED),
    "capturing": ("Almost done", f"Your payment is being taken. {BACK}"),
    "pending_review": ("One moment", REVIEWED),
    "captured": ("Paid", f"Your payment has arrived. {BACK}"),
    "partially_refunded": ("Paid", f"Your payment has arrived. {BACK}"),
    "refunded": ("Refund", MONEY_BACK),
    "canceled": ("Not paid", f"Your slot is no longer held. You were not charged. {AGAIN}"),
    "failed": (
        "Not paid",
        "PayPal did not accept this payment. You were not charged. "
        "While your slot is held, you can pay in another way in your booking app.",
    ),
}
UNKNOWN = ("Unknown payment", "We did not find this payment. Open your booking app to see your appointments.")
CANCELED = ("Not paid", "You have not paid. Until your hold on the slot ends, you can pay in your booking app.")


def return_page(status: str | None) -> Response[str]:
    """Return the page for a payer who returns from PayPal. Status None means that the payment does not exist."""
    return page(*RETURNED.get(status or "", UNKNOWN))


def cancel_page(status: str | None) -> Response[str]:
    """Return the page for a payer who canceled at PayPal. Status None means that the payment does not exist."""
    return page(*(CANCELED if status == "created" else RETURNED.get(status or "", UNKNOWN)))
