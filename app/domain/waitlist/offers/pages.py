"""The pages behind the link of an offer's mail. Opening one changes nothing: mail scanners follow links, too."""

from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from litestar import Response

from app.api.pages import page
from app.domain.waitlist.offers.schemas import LinkedOffer

BUTTON = '</p><form method="post" action="{action}"><button>{label}</button></form><p>'
IN_LINE = "You keep your place in line."
UNKNOWN = ("Unknown offer", "There is no such offer here. Open your booking app to see what you are offered.")
ENDED = {
    "declined": ("Declined", f"You have declined this slot. {IN_LINE}"),
    "expired": ("Too late", f"This offer is over. {IN_LINE}"),
    "superseded": (
        "Too late",
        f"This slot is no longer to be had: somebody was faster, or it was taken back. {IN_LINE}",
    ),
}
CLAIMED = {
    "confirmed": ("It is yours", "Your appointment is confirmed."),
    "completed": ("It was yours", "This appointment is over."),
    "expired": ("Too late", f"The slot was yours, but was not paid for in time. {IN_LINE}"),
}
GONE = ("Nothing to do", "This appointment does not take place any more. Open your booking app.")


def unknown_offer_page() -> Response[str]:
    """Say that a link leads to nothing."""
    return page(*UNKNOWN, status_code=404)


def refused(why: str) -> Response[str]:
    """Say why somebody cannot have a slot that is offered to them."""
    return page("Not possible", escape(why), status_code=409)


def offer_page(offer: LinkedOffer, action: str, note: str = "") -> Response[str]:
    """Show an offer, with the buttons that post to the address `action` where there is something to decide."""
    if offer.status in ("queued", "sent"):
        return page("A slot for you", _offered(offer, action), status_code=200)
    if offer.status == "accepted" and offer.appointment_status == "pending":
        return page("It is yours for now", _held(offer, action, note), status_code=200)
    title, text = CLAIMED.get(offer.appointment_status, GONE) if offer.status == "accepted" else ENDED[offer.status]
    return page(title, f"{_slot(offer)}</p><p>{text}", status_code=200)


def _offered(offer: LinkedOffer, action: str) -> str:
    until = f"It is offered to you until {_moment(offer, offer.expires_at)}; whoever accepts first has it."
    costs = f" It costs {offer.fee} {offer.currency}, to be paid at once." if offer.fee else ""
    final = " It starts so soon that it cannot be canceled any more." if _is_final(offer) else ""
    accept = BUTTON.format(action=escape(action), label="Accept")
    decline = BUTTON.format(action=escape(f"{action}decline/"), label="Decline")
    return f"{_slot(offer)}</p><p>{until}{costs}{final}{accept}{decline}"


def _held(offer: LinkedOffer, action: str, note: str) -> str:
    assert offer.hold_expires_at is not None  # noqa: S101  a pending appointment has one
    until = f"It is yours until {_moment(offer, offer.hold_expires_at)}: pay {offer.fee} {offer.currency} before then."
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
    except ZoneInfoNotFoundError:  # PostgreSQL's list of zones may be newer than ours
        return ZoneInfo("UTC")
