"""`/api/appointments/offers`: offers of freed slots to waiting patients."""

from collections.abc import Sequence
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery
from litestar.security.jwt import Token
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.idempotency.idempotent import idempotent
from app.api.pagination import LINK, Cursor, Keyset, Limit, page, read_id
from app.api.problems import not_found, problems
from app.domain.appointments.schemas import AppointmentDetail
from app.domain.auth.tokens import Caller, patients_only
from app.domain.fields import PathId
from app.domain.waitlist.offers.repository import OfferRepository
from app.domain.waitlist.offers.schemas import Offer, OfferDetail, OfferStatus

OFFERS = Keyset("offers", (read_id,), first=(0,))


async def provide_offers(db_engine: NamedDependency[AsyncEngine]) -> OfferRepository:
    """Provide the repository of a request."""
    return OfferRepository(db_engine)


class OfferController(Controller):
    """The caller's offers. The first patient to accept gets the slot."""

    path = "/api/appointments/offers"
    tags = ("waitlist",)
    dependencies = {"offers": Provide(provide_offers)}  # noqa: RUF012  Litestar reads it from the class

    @get("/", operation_id="list_offers", guards=[patients_only], response_headers=[LINK])
    async def list_offers(
        self,
        request: Request[Caller, Token, Any],
        offers: NamedDependency[OfferRepository],
        status: FromQuery[Sequence[OfferStatus]] = (),
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> Response[list[Offer]]:
        """List the caller's offers, the oldest first.

        `status` filters the list; repeat it for several statuses.
        """
        (after,) = OFFERS.after(cursor)
        rows = await offers.page(request.user.id, after=after, statuses=status, limit=limit + 1)
        return page(request, rows, limit, lambda offer: OFFERS.cursor(offer.id))

    @post(
        "/{offer_id:int}/accept",
        operation_id="accept_offer",
        status_code=200,
        guards=[patients_only],
        responses=problems(409),
    )
    @idempotent
    async def accept(
        self, request: Request[Caller, Token, Any], offer_id: PathId, offers: NamedDependency[OfferRepository]
    ) -> AppointmentDetail:
        """Accept an offer.

        Without a fee, the appointment is confirmed at once. Otherwise it is held for payment until `hold_expires_at`.
        """
        appointment = await offers.accept(request.user.id, offer_id)
        if appointment is None:
            raise not_found("offer")
        return appointment

    @post(
        "/{offer_id:int}/decline",
        operation_id="decline_offer",
        status_code=200,
        guards=[patients_only],
        responses=problems(409),
    )
    @idempotent
    async def decline(
        self, request: Request[Caller, Token, Any], offer_id: PathId, offers: NamedDependency[OfferRepository]
    ) -> OfferDetail:
        """Decline an offer, and stay on the waitlist."""
        offer = await offers.decline(request.user.id, offer_id)
        if offer is None:
            raise not_found("offer")
        return offer
