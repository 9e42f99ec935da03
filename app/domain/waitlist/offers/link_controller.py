"""`/api/appointments/offers/link`: accept or decline an offer with the link in its mail, without a login."""

from typing import Annotated

import asyncpg
from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter
from litestar.response import Redirect

from app.api.pages import HEADERS
from app.api.problems import ProblemError
from app.domain.auth.tokens import Secret
from app.domain.payments.controller import provide_payments
from app.domain.payments.gateway import PayPalGateway
from app.domain.payments.paypal.errors import PayPalError
from app.domain.payments.repository import PaymentRepository
from app.domain.payments.schemas import CreatePayment
from app.domain.rules import refusal_of
from app.domain.waitlist.offers import pages
from app.domain.waitlist.offers.controller import provide_offers
from app.domain.waitlist.offers.links import PATH
from app.domain.waitlist.offers.repository import OfferRepository
from app.domain.waitlist.offers.schemas import LinkedOffer

LinkToken = Annotated[str, PathParameter(pattern="^[A-Za-z0-9_-]{43}$")]
PAYMENT_UNAVAILABLE = "Sorry, you cannot pay right now. Please try again in a moment, or pay in your booking app."


class OfferLinkController(Controller):
    """The page behind the link, with buttons to accept and decline the offer."""

    path = PATH
    include_in_schema = False
    opt = {"exclude_from_auth": True}  # noqa: RUF012  Litestar reads it from the class
    dependencies = {  # noqa: RUF012  Litestar reads it from the class
        "offers": Provide(provide_offers),
        "payments": Provide(provide_payments),
    }

    @get("/{token:str}", media_type=MediaType.HTML)
    async def show(self, token: LinkToken, offers: NamedDependency[OfferRepository]) -> Response[str]:
        """Show the offer, without changing anything."""
        return await _show_offer(token, offers)

    @post("/{token:str}", status_code=200, media_type=MediaType.HTML)
    async def accept(
        self,
        token: LinkToken,
        offers: NamedDependency[OfferRepository],
        payments: NamedDependency[PaymentRepository],
        paypal_gateway: NamedDependency[PayPalGateway],
    ) -> Response[str]:
        """Accept the offer, if it is open, and redirect to the payment, if there is a fee."""
        offer = await offers.find_by_token(Secret.of(token).hash)
        if offer and offer.status in ("queued", "sent"):
            try:
                await offers.accept(offer.patient, offer.id)
            except asyncpg.IntegrityConstraintViolationError as error:
                return _refused(error)
            offer = await offers.find_by_token(Secret.of(token).hash)
        if offer is None:
            return pages.unknown_offer_page()
        if offer.status == "accepted" and offer.appointment_status == "pending":
            return await _redirect_to_payment(offer, f"{PATH}/{token}/", payments, paypal_gateway)
        return pages.offer_page(offer, f"{PATH}/{token}/")

    @post("/{token:str}/decline", status_code=200, media_type=MediaType.HTML)
    async def decline(self, token: LinkToken, offers: NamedDependency[OfferRepository]) -> Response[str]:
        """Decline the offer, if it is open."""
        offer = await offers.find_by_token(Secret.of(token).hash)
        if offer and offer.status in ("queued", "sent"):
            try:
                await offers.decline(offer.patient, offer.id)
            except asyncpg.IntegrityConstraintViolationError as error:
                return _refused(error)
        return await _show_offer(token, offers)


async def _show_offer(token: str, offers: OfferRepository) -> Response[str]:
    offer = await offers.find_by_token(Secret.of(token).hash)
    return pages.offer_page(offer, f"{PATH}/{token}/") if offer else pages.unknown_offer_page()


def _refused(error: asyncpg.IntegrityConstraintViolationError) -> Response[str]:
    refusal = refusal_of(error)
    if refusal is None:
        raise error
    return pages.refused(refusal.detail)


async def _redirect_to_payment(
    offer: LinkedOffer, action: str, payments: PaymentRepository, paypal_gateway: PayPalGateway
) -> Response[str]:
    """Redirect the browser to PayPal. If that is not possible, show the offer with a note."""
    wanted = CreatePayment(appointment_id=offer.appointment, amount=str(offer.fee), currency=offer.currency)
    try:
        lifecycle = paypal_gateway.lifecycle(payments)
        payment = await lifecycle.ensure_order(offer.patient, await lifecycle.begin(offer.patient, wanted))
    except (ProblemError, PayPalError, asyncpg.IntegrityConstraintViolationError):
        return pages.offer_page(offer, action, PAYMENT_UNAVAILABLE)
    if payment.approval_url is None:
        return pages.offer_page(offer, action, PAYMENT_UNAVAILABLE)
    return Redirect(payment.approval_url, status_code=303, headers=HEADERS)
