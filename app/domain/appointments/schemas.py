"""What clients send and get about appointments."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.domain.fields import Id, Instant, Reason, in_utc
from app.domain.shared_schemas import Appointment


class Book(Struct, forbid_unknown_fields=True):
    """A slot of a doctor, by its start. `patient`, if given, is the caller."""

    doctor: Id
    appointment_date: Instant
    patient: Id | None = None

    def __post_init__(self) -> None:
        self.appointment_date = in_utc(self.appointment_date)


class Reschedule(Struct, forbid_unknown_fields=True):
    """The start of another slot of the same doctor."""

    appointment_date: Instant

    def __post_init__(self) -> None:
        self.appointment_date = in_utc(self.appointment_date)


class DoctorReschedule(Reschedule):
    """Another slot; `block` takes the old time off, so that nobody gets it."""

    block: bool = False


class DoctorCancel(Struct, forbid_unknown_fields=True):
    """What to tell the patient; `block` takes the time off, so that nobody gets it."""

    reason: Reason | None = None
    block: bool = False


class BulkCancel(DoctorCancel):
    """Which appointments to cancel: of one patient, on one day of the doctor's, both, or all."""

    patient_id: Id | None = None
    cancel_date: date | None = None
    dry_run: Annotated[bool, Meta(description="Only list them.")] = False


class AppointmentDetail(Appointment):
    """An appointment after an action, and what the action did."""

    detail: str


class Change(Struct):
    """A field that has become another."""

    field: str
    was: bool | int | str | None
    becomes: bool | int | str | None


class HistoryRecord(Struct):
    """What somebody did to an appointment at one moment."""

    number: Annotated[int, Meta(ge=1, description="1 for how it began, then 2, 3 ...")]
    changed_at: Instant
    acted_as: Annotated[
        Literal["patient", "doctor", "payer", "payment", "system", "admin"],
        Meta(description="`system` is the service by itself, `payment` what follows from one."),
    ]
    account: Annotated[Id | None, Meta(description="Whose request it was, if it was anybody's who has an account.")]
    changes: Annotated[list[Change], Meta(description="By the names of the fields.")]


class BulkCanceled(Struct):
    """What a bulk cancellation did, or in a dry run would do."""

    detail: str
    count: int
    appointments: list[Appointment]
