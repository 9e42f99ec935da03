"""`/api/appointments/appointments`: actions of the doctor of an appointment."""

from typing import Any, Literal

from litestar import Controller, Request, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from litestar.security.jwt import Token

from app.api.idempotency.idempotent import idempotent
from app.api.problems import problems
from app.domain.appointments.controller import or_not_found, provide_appointments
from app.domain.appointments.repository import AppointmentRepository
from app.domain.appointments.schemas import (
    AppointmentDetail,
    BulkCancel,
    BulkCanceled,
    DoctorCancel,
    DoctorReschedule,
)
from app.domain.auth.tokens import Caller, doctors_only
from app.domain.fields import PathId


class DoctorAppointmentController(Controller):
    """The calling doctor's own appointments."""

    path = "/api/appointments/appointments"
    tags = ("appointments",)
    guards = (doctors_only,)
    dependencies = {"appointments": Provide(provide_appointments)}  # noqa: RUF012  Litestar reads it from the class

    @post(
        "/{appointment_id:int}/doctor_cancel",
        operation_id="doctor_cancel_appointment",
        status_code=200,
        responses=problems(409),
    )
    @idempotent
    async def cancel(
        self,
        request: Request[Caller, Token, Any],
        appointment_id: PathId,
        appointments: NamedDependency[AppointmentRepository],
        data: JSONBody[DoctorCancel | None] = None,
    ) -> AppointmentDetail:
        """Cancel an appointment as its doctor, before it starts. The patient is notified."""
        how = data or DoctorCancel()
        return or_not_found(
            await appointments.cancel_as_doctor(request.user.id, appointment_id, reason=how.reason, block=how.block)
        )

    @post(
        "/{appointment_id:int}/doctor_reschedule",
        operation_id="doctor_reschedule_appointment",
        status_code=200,
        responses=problems(409, 422),
    )
    @idempotent
    async def reschedule(
        self,
        request: Request[Caller, Token, Any],
        appointment_id: PathId,
        data: JSONBody[DoctorReschedule],
        appointments: NamedDependency[AppointmentRepository],
    ) -> AppointmentDetail:
        """Move an appointment to another of the doctor's slots.

        The patient is notified, and can cancel until the new start.
        """
        return or_not_found(
            await appointments.reschedule_as_doctor(
                request.user.id, appointment_id, data.appointment_date, block=data.block
            )
        )

    @post(
        "/doctor_bulk_cancel", operation_id="doctor_bulk_cancel_appointments", status_code=200, responses=problems(409)
    )
    @idempotent
    async def bulk_cancel(
        self,
        request: Request[Caller, Token, Any],
        appointments: NamedDependency[AppointmentRepository],
        data: JSONBody[BulkCancel | None] = None,
    ) -> BulkCanceled:
        """Cancel the doctor's appointments that have not started, optionally of one patient or day.

        Cancels all of them or none.
        """
        which = data or BulkCancel()
        canceled = await appointments.bulk_cancel(request.user.id, which)
        what = "that would be canceled" if which.dry_run else "canceled"
        return BulkCanceled(f"Appointments {what}: {len(canceled)}.", len(canceled), canceled)

    @post(
        "/{appointment_id:int}/complete",
        operation_id="complete_appointment",
        status_code=200,
        responses=problems(409),
    )
    @idempotent
    async def complete(
        self,
        request: Request[Caller, Token, Any],
        appointment_id: PathId,
        appointments: NamedDependency[AppointmentRepository],
    ) -> AppointmentDetail:
        """Record that the visit took place, after its start."""
        return await _record_visit(request, appointment_id, appointments, "completed")

    @post(
        "/{appointment_id:int}/no_show",
        operation_id="mark_appointment_no_show",
        status_code=200,
        responses=problems(409),
    )
    @idempotent
    async def no_show(
        self,
        request: Request[Caller, Token, Any],
        appointment_id: PathId,
        appointments: NamedDependency[AppointmentRepository],
    ) -> AppointmentDetail:
        """Record that the patient did not come, after the start of the visit."""
        return await _record_visit(request, appointment_id, appointments, "no_show")


async def _record_visit(
    request: Request[Caller, Token, Any],
    appointment_id: int,
    appointments: AppointmentRepository,
    status: Literal["completed", "no_show"],
) -> AppointmentDetail:
    return or_not_found(await appointments.record_visit(request.user.id, appointment_id, status))
