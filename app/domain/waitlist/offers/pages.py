"""The pages behind the link in an offer's mail. Opening one changes nothing, because mail scanners open links, too."""

from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from litestar import Response

from app.api.pages import page
from app.domain.waitlist.offers.schemas import LinkedOffer

BUTTON = '</p><form method="post" action="{action}"><button>{label}</button></form><p>'
IN_LINE = "You keep your place on the waitlist."
UNKNOWN = ("Offer not found", "Sorry, we cannot find this offer. Please open your booking app to see your offers.")
ENDED = {
    "declined": ("Offer declined", f"You have declined this slot. {IN_LINE}"),
    "expired": ("Offer expired", f"Sorry, this offer has expired. {IN_LINE}"),
    "superseded": ("Slot no longer available", f"Sorry, this slot is no longer available. {IN_LINE}"),
}
CLAIMED = {
    "confirmed": ("Appointment confirmed", "Your appointment is confirmed."),
    "completed": ("Appointment completed", "This appointment has taken place."),
    "expired": ("Slot no longer reserved", f"Sorry, we did not receive your payment in time. {IN_LINE}"),
}
GONE = ("Appointment ended", "You do not need to do anything. Please open your booking app to see your appointments.")


def unknown_offer_page() -> Response[str]:
    """Return the page for a link without an offer."""
    return page(*UNKNOWN, status_code=404)


def refused(why: str) -> Response[str]:
    """Return the page that explains why the action was refused."""
    return page("Sorry, this is not possible", escape(why), status_code=409)


def offer_page(offer: LinkedOffer, action: str, note: str = "") -> Response[str]:
    """Return the page of an offer. If it is open or unpaid, its buttons post to the address `action`."""
    if offer.status in ("queued", "sent"):
        return page("A slot is available", _offered(offer, action), status_code=200)
    if offer.status == "accepted" and offer.appointment_status == "pending":
        return page("Please pay to confirm", _held(offer, action, note), status_code=200)
    title, text = CLAIMED.get(offer.appointment_status, GONE) if offer.status == "accepted" else ENDED[offer.status]
    return page(title, f"{_slot(offer)}</p><p>{text}", status_code=200)


def _offered(offer: LinkedOffer, action: str) -> str:
    until = (
        f"You can accept this offer until {_moment(offer, offer.expires_at)}. "
        "Other patients may have the same offer; the first to accept gets the slot."
    )
    costs = f" The fee is {offer.fee} {offer.currency}, which you pay right after accepting." if offer.fee else ""
    final = " It starts so soon that you cannot cancel it later." if _is_final(offer) else ""
    accept = BUTTON.format(action=escape(action), label="Accept")
    decline = BUTTON.format(action=escape(f"{action}decline/"), label="Decline")
    return f"{_slot(offer)}</p><p>{until}{costs}{final}{accept}{decline}"


def _held(offer: LinkedOffer, action: str, note: str) -> str:
    assert offer.hold_expires_at is not None  # noqa: S101  a pending appointment has one
    until = (
        f"This slot is reserved for you until {_moment(offer, offer.hold_expires_at)}. "
        f"Please pay {offer.fee} {offer.currency} before then."
    )
    pay = BUTTON.format(action=escape(action), label="Pay")
    return f"{_slot(offer)}</p><p>{escape(note)} {until}{pay}"


def _is_final(offer: LinkedOffer) -> bool:
    return offer.cancel_deadline <= datetime.now(UTC)


def _slot(offer: LinkedOffer) -> str:
    ends = offer.ends_at.astimezone(_zone(offer))
    start = offer.starts_at.astimezone(_zone(offer))
    when = f"{start:%A} {start.day} {start:%B %Y, %H:%M}-{ends:%H:%M} ({offer.timezone})"
    return escape(f"{offer.doctor}, {when}")


def _moment(offer: LinkedOffer, instant: datetime) -> str:
    local = instant.astimezone(_zone(offer))
    return escape(f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({offer.timezone})")


def _zone(offer: LinkedOffer) -> ZoneInfo:
    try:
        return ZoneInfo(offer.timezone)
    except ZoneInfoNotFoundError:  # PostgreSQL's list of time zones can be newer than Python's
        return ZoneInfo("UTC")
