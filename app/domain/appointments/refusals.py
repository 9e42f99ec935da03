"""Explains refused bookings: all broken rules, and alternative slots."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.problems import BrokenRule, refused
from app.db.driver import fetch, fetch_one
from app.domain.rules import refusal_of
from app.domain.shared_schemas import Slot

EXPLAIN = """
    SELECT rule, why, NULL::timestamptz AS starts_at, NULL::timestamptz AS ends_at
    FROM explain_booking($1, $2, $3, $4)
    UNION ALL
    SELECT NULL, NULL, starts_at, ends_at FROM nearest_free_slots($1, $2, $3, $4, 5)
"""
PARTIES = "SELECT patient_id, doctor_id FROM appointment WHERE id = $1"


class BookingRequest(NamedTuple):
    """A requested slot. `appointment_id` is the appointment to move, if any."""

    patient_id: int
    doctor_id: int
    start: datetime
    appointment_id: int | None = None


async def reschedule_request(engine: AsyncEngine, appointment_id: int, start: datetime) -> BookingRequest:
    """Return the request to move an existing appointment."""
    row = await fetch_one(engine, PARTIES, appointment_id)
    assert row is not None  # noqa: S101  appointments are never deleted
    return BookingRequest(row["patient_id"], row["doctor_id"], start, appointment_id)


async def explain_refusal(engine: AsyncEngine, error: Exception, requested: BookingRequest) -> Exception:
    """Return the error for a refused request: the rule that refused it, all other broken rules, and alternative slots.

    Returns `error` itself if it does not report a rule.
    """
    refusal = refusal_of(error)
    if refusal is None:
        return error
    answer = refused(refusal)
    rows = await fetch(engine, EXPLAIN, *requested)
    broken = {refusal.code: refusal.detail}
    for row in rows:
        if row["rule"]:
            broken.setdefault(row["rule"], row["why"])
    answer.problem.rules = [BrokenRule(code, detail) for code, detail in broken.items()]
    answer.problem.alternatives = [Slot(row["starts_at"], row["ends_at"]) for row in rows if row["starts_at"]]
    return answer
