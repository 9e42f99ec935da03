"""Appointments. Each call is one statement; PostgreSQL enforces the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg
from msgspec import json
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.columns import column_list
from app.db.driver import fetch, fetch_one
from app.domain.appointments.refusals import BookingRequest, explain_refusal, reschedule_request
from app.domain.appointments.schemas import AppointmentDetail, BulkCancel, Change, HistoryRecord
from app.domain.auth.tokens import Caller
from app.domain.shared_schemas import Appointment, Status

# ruff: noqa: S608  statements contain only constants
APPOINTMENT = column_list(Appointment)

BOOK = f"SELECT {APPOINTMENT} FROM book($1, $2, $3)"
CANCEL_AS_PATIENT = f"SELECT {APPOINTMENT} FROM cancel_as_patient($1, $2)"
RESCHEDULE_AS_PATIENT = f"SELECT {APPOINTMENT} FROM reschedule_as_patient($1, $2, $3)"
CANCEL_AS_DOCTOR = f"SELECT {APPOINTMENT} FROM cancel_as_doctor($1, $2, $3, $4)"
RESCHEDULE_AS_DOCTOR = f"SELECT {APPOINTMENT} FROM reschedule_as_doctor($1, $2, $3, $4)"
BULK_CANCEL = f"SELECT {APPOINTMENT} FROM bulk_cancel($1, $2, $3, $4, $5, $6)"
RECORD_VISIT = f"SELECT {APPOINTMENT} FROM record_visit($1, $2, $3)"
FIND = {
    role: f"SELECT {APPOINTMENT} FROM api_appointment WHERE id = $1 AND {role} = $2" for role in ("patient", "doctor")
}
HISTORY = """
    SELECT number, changed_at, acted_as, account_id AS account, changes::text
    FROM api_appointment_history
    WHERE appointment = $1 AND number > $2
    ORDER BY number
    LIMIT $3
"""
# A statement for each role, so that each uses its own index.
PAGE = {
    role: f"""
        SELECT {APPOINTMENT} FROM api_appointment
        WHERE {role} = $1
            AND (appointment_date, id) > ($2, $3)
            AND appointment_date >= $4 AND appointment_date < $5
            AND ($6::text[] = '{{}}' OR status = ANY ($6))
        ORDER BY appointment_date, id
        LIMIT $7
    """
    for role in ("patient", "doctor")
}


@dataclass(frozen=True)
class AppointmentRepository:
    """Books, changes and reads appointments on behalf of one party."""

    engine: AsyncEngine

    async def book(self, patient_id: int, doctor_id: int, start: datetime) -> Appointment:
        """Book the slot that starts at `start`. Raises ProblemError with every broken rule and alternative slots."""
        try:
            row = await fetch_one(self.engine, BOOK, patient_id, doctor_id, start)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise await explain_refusal(self.engine, error, BookingRequest(patient_id, doctor_id, start)) from error
        assert row is not None  # noqa: S101  book() returns a row or raises
        return Appointment(**row)

    async def cancel_as_patient(self, patient_id: int, appointment_id: int) -> AppointmentDetail | None:
        """Cancel a patient's appointment; None if it is not theirs. Raises the broken rule."""
        row = await fetch_one(self.engine, CANCEL_AS_PATIENT, patient_id, appointment_id)
        return AppointmentDetail(**row, detail="The appointment is canceled.") if row else None

    async def reschedule_as_patient(
        self, patient_id: int, appointment_id: int, start: datetime
    ) -> AppointmentDetail | None:
        """Move a patient's appointment; None if it is not theirs. Raises ProblemError as `book` does."""
        return await self._reschedule(RESCHEDULE_AS_PATIENT, patient_id, appointment_id, start)

    async def reschedule_as_doctor(
        self, doctor_id: int, appointment_id: int, start: datetime, *, block: bool
    ) -> AppointmentDetail | None:
        """Move a doctor's appointment; None if it is not theirs. Raises ProblemError as `book` does."""
        return await self._reschedule(RESCHEDULE_AS_DOCTOR, doctor_id, appointment_id, start, block)

    async def _reschedule(
        self, statement: str, caller_id: int, appointment_id: int, start: datetime, *block: bool
    ) -> AppointmentDetail | None:
        try:
            row = await fetch_one(self.engine, statement, caller_id, appointment_id, start, *block)
        except asyncpg.IntegrityConstraintViolationError as error:
            requested = await reschedule_request(self.engine, appointment_id, start)
            raise await explain_refusal(self.engine, error, requested) from error
        return AppointmentDetail(**row, detail="The appointment is rescheduled.") if row else None

    async def cancel_as_doctor(
        self, doctor_id: int, appointment_id: int, *, reason: str | None, block: bool
    ) -> AppointmentDetail | None:
        """Cancel a doctor's appointment; None if it is not theirs. Raises the broken rule."""
        row = await fetch_one(self.engine, CANCEL_AS_DOCTOR, doctor_id, appointment_id, reason, block)
        return AppointmentDetail(**row, detail="The appointment is canceled.") if row else None

    async def bulk_cancel(self, doctor_id: int, which: BulkCancel) -> list[Appointment]:
        """Cancel a doctor's appointments that have not started, all or none. A dry run only returns them."""
        rows = await fetch(
            self.engine,
            BULK_CANCEL,
            doctor_id,
            which.patient_id,
            which.cancel_date,
            which.reason,
            which.block,
            which.dry_run,
        )
        return [Appointment(**row) for row in rows]

    async def record_visit(
        self, doctor_id: int, appointment_id: int, status: Literal["completed", "no_show"]
    ) -> AppointmentDetail | None:
        """Record whether the patient came; None if the appointment is not the doctor's. Raises the broken rule."""
        row = await fetch_one(self.engine, RECORD_VISIT, doctor_id, appointment_id, status)
        detail = f"The appointment is marked as {status.replace('_', '-')}."
        return AppointmentDetail(**row, detail=detail) if row else None

    async def find(self, caller: Caller, appointment_id: int) -> Appointment | None:
        """Return an appointment if the caller is one of its parties."""
        row = await fetch_one(self.engine, FIND[caller.role], appointment_id, caller.id)
        return Appointment(**row) if row else None

    async def history(
        self, caller: Caller, appointment_id: int, *, after: int, limit: int
    ) -> list[HistoryRecord] | None:
        """Return up to `limit` records with numbers above `after`; None if the caller is not a party."""
        if await fetch_one(self.engine, FIND[caller.role], appointment_id, caller.id) is None:
            return None
        rows = await fetch(self.engine, HISTORY, appointment_id, after, limit)
        return [HistoryRecord(**{**row, "changes": json.decode(row["changes"], type=list[Change])}) for row in rows]

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
        """Return up to `limit` of the caller's appointments in [from_, to), by start and after the key `after`."""
        rows = await fetch(self.engine, PAGE[caller.role], caller.id, *after, from_, to, statuses, limit)
        return [Appointment(**row) for row in rows]
