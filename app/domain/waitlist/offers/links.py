"""The link in an offer's mail: whoever has it may act on that one offer, without a login."""

from app.domain.auth.tokens import Secret

PATH = "/api/appointments/offers/link"


def offer_url(public_url: str, code: Secret) -> str:
    """Return the address of the page on which the offer can be accepted."""
    return f"{public_url.rstrip('/')}{PATH}/{code.text}/"
