"""Where PayPal sends the payer's browser: plain pages that say where things stand."""

from litestar import Response

from app.api.pages import page

BACK = "You may close this page and go back to your booking app."
AGAIN = "To book again, open your booking app."
REVIEWED = "PayPal is still looking at your payment; your slot is kept meanwhile. You will get a mail."
MONEY_BACK = "This appointment does not take place, and your money goes back to you. You will get a mail about it."
# PayPal leads a payer back here before it has told us of the approval
AWAITED = f"As soon as PayPal has told us of your approval, you get a mail about your appointment. {BACK}"

RETURNED = {
    "created": ("Almost done", AWAITED),
    "approved": ("Almost done", AWAITED),
    "capturing": ("Almost done", f"Your payment is being taken. {BACK}"),
    "pending_review": ("One moment", REVIEWED),
    "captured": ("Paid", f"Your payment has arrived. {BACK}"),
    "partially_refunded": ("Paid", f"Your payment has arrived. {BACK}"),
    "refunded": ("Money back", MONEY_BACK),
    "canceled": ("Not paid", f"Your slot is no longer held. Nothing was charged. {AGAIN}"),
    "failed": (
        "Not paid",
        "PayPal did not take this payment. Nothing was charged. "
        "As long as your slot is held, you can pay for it in another way: open your booking app.",
    ),
}
UNKNOWN = ("Unknown payment", "There is no such payment here. Open your booking app to see your appointments.")
CANCELED = ("Not paid", "You have not paid. Your slot is kept until its hold ends: until then you can pay for it.")


def return_page(status: str | None) -> Response[str]:
    """Tell a payer who comes back from PayPal how the payment stands; None: there is no such payment."""
    return page(*RETURNED.get(status or "", UNKNOWN))


def cancel_page(status: str | None) -> Response[str]:
    """Tell a payer who turned back at PayPal how things stand; None: there is no such payment."""
    return page(*(CANCELED if status == "created" else RETURNED.get(status or "", UNKNOWN)))
