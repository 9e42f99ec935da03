"""The link in an offer's mail. It gives access to that offer without a login."""

from app.domain.auth.tokens import Secret

PATH = "/api/appointments/offers/link"


def offer_url(public_url: str, code: Secret) -> str:
    """Return the address of the page for accepting or declining the offer."""
    return f"{public_url.rstrip('/')}{PATH}/{code.text}/"
