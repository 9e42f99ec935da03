"""Appointments: each call is one statement, and every rule of it is PostgreSQL's."""

from collections.abc import Sequence
from datetime import datetime

from advanced_alchemy.repository import SQLAlchemyAsyncRepository

from app.db import models
from app.db.driver import fetch, fetch_one
from app.domain.accounts.tokens import Caller
from app.domain.appointments.schemas import Appointment, AppointmentDetail, Status

BOOK = "SELECT * FROM book($1, $2, $3)"
CANCEL_AS_PATIENT = "SELECT * FROM cancel_as_patient($1, $2)"
FIND = {
    "patient": "SELECT * FROM api_appointment WHERE id = $1 AND patient = $2",
    "doctor": "SELECT * FROM api_appointment WHERE id = $1 AND doctor = $2",
}
# Written out for each role, so that each list walks its own index.
PAGE = {
    role: f"""
        SELECT * FROM api_appointment
        WHERE {role} = $1
            AND (appointment_date, id) > ($2, $3)
            AND appointment_date >= $4 AND appointment_date < $5
            AND ($6::text[] = '{{}}' OR status = ANY ($6))
        ORDER BY appointment_date, id
        LIMIT $7
    """  # noqa: S608  the two roles are written here, nothing of a request is
    for role in ("patient", "doctor")
}


class AppointmentRepository(SQLAlchemyAsyncRepository[models.Appointment]):
    """Books, cancels and reads appointments on behalf of one party."""

    model_type = models.Appointment

    async def book(self, patient_id: int, doctor_id: int, start: datetime) -> Appointment:
        """Book the slot that starts at `start`. Raises the broken rule."""
        row = await fetch_one(self.session, BOOK, patient_id, doctor_id, start)
        assert row is not None  # noqa: S101  book() answers its row or raises
        return Appointment(**row)

    async def cancel_as_patient(self, patient_id: int, appointment_id: int) -> AppointmentDetail | None:
        """Cancel a patient's appointment; None if it is not theirs. Raises the broken rule."""
        row = await fetch_one(self.session, CANCEL_AS_PATIENT, patient_id, appointment_id)
        return AppointmentDetail(**row, detail="The appointment is canceled.") if row else None

    async def find(self, caller: Caller, appointment_id: int) -> Appointment | None:
        """Return an appointment if the caller is one of its parties."""
        row = await fetch_one(self.session, FIND[caller.role], appointment_id, caller.id)
        return Appointment(**row) if row else None

    async def page(
        self,
        caller: Caller,
        *,
        after: tuple[datetime, int],
        from_: datetime,
        to: datetime,
        statuses: Sequence[Status],
        limit: int,
    ) -> list[Appointment]:
        """Return up to `limit` of the caller's appointments in [from_, to), by start, after the key `after`."""
        rows = await fetch(self.session, PAGE[caller.role], caller.id, *after, from_, to, statuses, limit)
        return [Appointment(**row) for row in rows]
