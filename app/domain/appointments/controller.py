"""`/api/appointments/appointments`: book, list, reschedule and cancel appointments."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, JSONBody
from litestar.security.jwt import Token
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.idempotency.idempotent import idempotent
from app.api.pagination import LINK, Cursor, Keyset, Limit, page, read_id, read_instant
from app.api.problems import ProblemError, not_found, problems
from app.api.time_range import From, To, read_range
from app.domain.appointments.repository import AppointmentRepository
from app.domain.appointments.schemas import AppointmentDetail, Book, HistoryRecord, Reschedule
from app.domain.appointments.serialize_per_doctor import serialize_per_doctor
from app.domain.auth.tokens import LOGIN_CHECKED_BY_STATEMENT, Caller, patients_only
from app.domain.fields import PathId
from app.domain.shared_schemas import Appointment, Status

ALL_TIME = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
BY_START = Keyset("appointments", (read_instant, read_id), first=(ALL_TIME[0], 0))
BY_NUMBER = Keyset("appointment_history", (read_id,), first=(0,))


async def provide_appointments(db_engine: NamedDependency[AsyncEngine]) -> AppointmentRepository:
    """Provide the repository of a request."""
    return AppointmentRepository(db_engine)


Found = TypeVar("Found")


def or_not_found(appointment: Found | None) -> Found:
    """Return the appointment. Raises ProblemError (404) for None: it does not exist or is not the caller's."""
    if appointment is None:
        raise not_found("appointment")
    return appointment


class AppointmentController(Controller):
    """The caller's own appointments."""

    path = "/api/appointments/appointments"
    tags = ("appointments",)
    opt = {LOGIN_CHECKED_BY_STATEMENT: True}  # noqa: RUF012  Litestar reads it from the class
    dependencies = {"appointments": Provide(provide_appointments)}  # noqa: RUF012  Litestar reads it from the class

    @post("/", operation_id="book_appointment", guards=[patients_only], responses=problems(409, 422))
    @serialize_per_doctor
    @idempotent
    async def book(
        self,
        request: Request[Caller, Token, Any],
        data: JSONBody[Book],
        appointments: NamedDependency[AppointmentRepository],
    ) -> Appointment:
        """Book a slot.

        Without a fee, the appointment is confirmed at once. Otherwise it is held for payment until `hold_expires_at`.
        """
        if data.patient not in (None, request.user.id):
            raise ProblemError(403, "forbidden", "You can book only for yourself.")
        return await appointments.book(request.user.id, data.doctor, data.appointment_date)

    @get("/", operation_id="list_appointments", response_headers=[LINK])
    async def list_appointments(
        self,
        request: Request[Caller, Token, Any],
        appointments: NamedDependency[AppointmentRepository],
        from_: From = "",
        to: To = "",
        status: FromQuery[Sequence[Status]] = (),
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> Response[list[Appointment]]:
        """List the caller's appointments by start, the earliest first.

        `status` filters the list; repeat it for several statuses.
        """
        after, time_range = BY_START.after(cursor), read_range(from_, to)
        rows = await appointments.page(
            request.user,
            after=(after[0], after[1]),
            from_=time_range.start or ALL_TIME[0],
            to=time_range.end or ALL_TIME[1],
            statuses=status,
            limit=limit + 1,
        )
        return page(request, rows, limit, lambda a: BY_START.cursor(a.appointment_date.isoformat(), a.id))

    @get("/{appointment_id:int}", operation_id="get_appointment")
    async def get_appointment(
        self,
        request: Request[Caller, Token, Any],
        appointment_id: PathId,
        appointments: NamedDependency[AppointmentRepository],
    ) -> Appointment:
        """Return one of the caller's appointments."""
        return or_not_found(await appointments.find(request.user, appointment_id))

    @get("/{appointment_id:int}/history", operation_id="list_appointment_history", response_headers=[LINK])
    async def list_history(
        self,
        request: Request[Caller, Token, Any],
        appointment_id: PathId,
        appointments: NamedDependency[AppointmentRepository],
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> Response[list[HistoryRecord]]:
        """List the changes of one of the caller's appointments, the oldest first."""
        (after,) = BY_NUMBER.after(cursor)
        rows = or_not_found(await appointments.history(request.user, appointment_id, after=after, limit=limit + 1))
        return page(request, rows, limit, lambda record: BY_NUMBER.cursor(record.number))

    @post(
        "/{appointment_id:int}/cancel",
        operation_id="cancel_appointment",
        status_code=200,
        guards=[patients_only],
        responses=problems(409, 422),
    )
    @idempotent
    async def cancel(
        self,
        request: Request[Caller, Token, Any],
        appointment_id: PathId,
        appointments: NamedDependency[AppointmentRepository],
    ) -> AppointmentDetail:
        """Cancel an appointment as its patient.

        This is possible until 72 hours before the start; `cancel_deadline` is the exact time.
        """
        return or_not_found(await appointments.cancel_as_patient(request.user.id, appointment_id))

    @post(
        "/{appointment_id:int}/reschedule",
        operation_id="reschedule_appointment",
        status_code=200,
        guards=[patients_only],
        responses=problems(409, 422),
    )
    @idempotent
    async def reschedule(
        self,
        request: Request[Caller, Token, Any],
        appointment_id: PathId,
        data: JSONBody[Reschedule],
        appointments: NamedDependency[AppointmentRepository],
    ) -> AppointmentDetail:
        """Move an appointment to another slot of the same doctor, before it starts.

        Never extends the cancellation deadline.
        """
        return or_not_found(
            await appointments.reschedule_as_patient(request.user.id, appointment_id, data.appointment_date)
        )
