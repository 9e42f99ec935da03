"""Offers. Each call is one statement; PostgreSQL enforces the rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.columns import column_list
from app.db.driver import fetch, fetch_one
from app.domain.appointments.schemas import AppointmentDetail
from app.domain.shared_schemas import Appointment
from app.domain.waitlist.offers.schemas import LinkedOffer, Offer, OfferDetail, OfferStatus

# ruff: noqa: S608  statements contain only constants
OFFER = column_list(Offer)

PAGE = f"""
    SELECT {OFFER} FROM api_offer
    WHERE patient = $1 AND id > $2 AND ($3::text[] = '{{}}' OR status = ANY ($3))
    ORDER BY id
    LIMIT $4
"""
CLAIM = f"SELECT {column_list(Appointment)} FROM claim_offer($1, $2)"
DECLINE = f"SELECT {OFFER} FROM decline_offer($1, $2)"
FIND_LINKED = f"SELECT {column_list(LinkedOffer)} FROM offer_by_token($1)"


@dataclass(frozen=True)
class OfferRepository:
    """Reads, accepts and declines offers on behalf of their patient."""

    engine: AsyncEngine

    async def page(self, patient_id: int, *, after: int, statuses: Sequence[OfferStatus], limit: int) -> list[Offer]:
        """Return up to `limit` of a patient's offers with ids above `after`, in order."""
        return [Offer(**row) for row in await fetch(self.engine, PAGE, patient_id, after, statuses, limit)]

    async def accept(self, patient_id: int, offer_id: int) -> AppointmentDetail | None:
        """Accept a patient's offer; None if it is not theirs. Raises the broken rule."""
        row = await fetch_one(self.engine, CLAIM, patient_id, offer_id)
        if row is None:
            return None
        pending = row["status"] == "pending"
        result = (
            "The slot is reserved for you until hold_expires_at. Please pay before then."
            if pending
            else "The appointment is confirmed."
        )
        late = " Once confirmed, you cannot cancel it." if row["cancel_deadline"] <= row["updated_at"] else ""
        return AppointmentDetail(**row, detail=result + late)

    async def decline(self, patient_id: int, offer_id: int) -> OfferDetail | None:
        """Decline a patient's offer; None if it is not theirs. Raises the broken rule."""
        row = await fetch_one(self.engine, DECLINE, patient_id, offer_id)
        detail = "The offer is declined. You keep your place on the waitlist."
        return OfferDetail(**row, detail=detail) if row else None

    async def find_by_token(self, token_hash: bytes) -> LinkedOffer | None:
        """Return the offer of a mailed token, by its SHA-256 hash."""
        row = await fetch_one(self.engine, FIND_LINKED, token_hash)
        return LinkedOffer(**row) if row else None
