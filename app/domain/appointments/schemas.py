"""Request and response bodies for appointments."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.domain.fields import Id, Instant, Reason, in_utc
from app.domain.shared_schemas import Appointment


class Book(Struct, forbid_unknown_fields=True):
    """The slot to book: its doctor and start. `patient` is optional and must be the caller."""

    doctor: Id
    appointment_date: Instant
    patient: Id | None = None

    def __post_init__(self) -> None:
        self.appointment_date = in_utc(self.appointment_date)


class Reschedule(Struct, forbid_unknown_fields=True):
    """The start of the new slot, which has the same doctor."""

    appointment_date: Instant

    def __post_init__(self) -> None:
        self.appointment_date = in_utc(self.appointment_date)


class DoctorReschedule(Reschedule):
    """The start of the new slot. `block` makes the old time unavailable by adding time off."""

    block: bool = False


class DoctorCancel(Struct, forbid_unknown_fields=True):
    """The reason, which is sent to the patient. `block` makes the time unavailable by adding time off."""

    reason: Reason | None = None
    block: bool = False


class BulkCancel(DoctorCancel):
    """Which appointments to cancel: those of one patient, those on one day, both, or all."""

    patient_id: Id | None = None
    cancel_date: date | None = None
    dry_run: Annotated[bool, Meta(description="Change nothing, and list the appointments.")] = False


class AppointmentDetail(Appointment):
    """An appointment after an action, and the result of the action."""

    detail: str


class Change(Struct):
    """The old and the new value of a field."""

    field: str
    was: bool | int | str | None
    becomes: bool | int | str | None


class HistoryRecord(Struct):
    """A change of an appointment."""

    number: Annotated[int, Meta(ge=1, description="Position in the history. 1 is the creation.")]
    changed_at: Instant
    acted_as: Annotated[
        Literal["patient", "doctor", "payer", "payment", "system", "admin"],
        Meta(description="Who made the change. `system`: the service itself. `payment`: the result of a payment."),
    ]
    account: Annotated[Id | None, Meta(description="The account that made the request, if there was one.")]
    changes: Annotated[list[Change], Meta(description="The changed fields, sorted by name.")]


class BulkCanceled(Struct):
    """The result of a bulk cancellation. A dry run only shows it."""

    detail: str
    count: int
    appointments: list[Appointment]
