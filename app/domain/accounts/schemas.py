"""What clients send and get about accounts."""

from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from app.domain.auth.schemas import (
    Password,
)
from app.domain.fields import END, Currency, Id, Instant, Money, Name, Phone, ShortText, TimeZone
from app.domain.schedule.schemas import ScheduleChange
from app.domain.shared_schemas import Appointment
from app.domain.validation_messages import pattern

USERNAME = pattern(rf"^[A-Za-z0-9_.@+-]+{END}", "Must consist of letters a to z, digits and any of _.@+-.")
EMAIL = pattern(
    rf"^[!-?A-~]{{1,64}}@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{{2,}}{END}", "Must be an email address such as ada@example.com."
)

Username = Annotated[str, Meta(max_length=150, pattern=USERNAME, examples=["ada"])]
Email = Annotated[str, Meta(max_length=254, pattern=EMAIL, examples=["ada@example.com"])]
Years = Annotated[int, Meta(ge=0, le=80)]
Slot = Annotated[int, Meta(ge=5, le=480, description="Minutes.")]
Buffer = Annotated[int, Meta(ge=0, le=480, description="Minutes between two slots.")]
Cap = Annotated[int, Meta(ge=0, le=30, description="Most active appointments at once.")]
Fee = Money | Annotated[int, Meta(ge=0, le=9_999_999_999)]


class RegisterPatient(Struct, forbid_unknown_fields=True, tag_field="role", tag="patient", kw_only=True):
    """A new patient. `full_name` defaults to the username."""

    username: Username
    email: Email
    password: Password
    full_name: Name | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    timezone: TimeZone | UnsetType = UNSET


class RegisterDoctor(Struct, forbid_unknown_fields=True, tag_field="role", tag="doctor", kw_only=True):
    """A new doctor, who works Monday to Friday 09:00 to 17:00 until they say otherwise."""

    username: Username
    email: Email
    password: Password
    full_name: Name | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    timezone: TimeZone | UnsetType = UNSET
    specialty: ShortText | UnsetType = UNSET
    experience_years: Years | UnsetType = UNSET
    slot_minutes: Slot | UnsetType = UNSET
    buffer_minutes: Buffer | UnsetType = UNSET
    fee: Fee | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    max_appointments: Cap | UnsetType = UNSET


class PatientAccount(Struct, tag_field="role", tag="patient", kw_only=True):
    """A patient's own account."""

    id: Id
    username: str
    email: str
    email_verified_at: Instant | None
    pending_email: str | None
    full_name: str
    phone: str
    timezone: str
    created_at: Instant


class DoctorAccount(Struct, tag_field="role", tag="doctor", kw_only=True):
    """A doctor's own account."""

    id: Id
    username: str
    email: str
    email_verified_at: Instant | None
    pending_email: str | None
    full_name: str
    phone: str
    timezone: str
    specialty: str
    experience_years: int
    slot_minutes: int
    buffer_minutes: int
    fee: Decimal
    currency: str
    max_appointments: int
    verified: Annotated[bool, Meta(description="Whether an admin has verified this doctor; patients may see no other.")]
    created_at: Instant


OwnAccount = PatientAccount | DoctorAccount


class ChangedDoctorAccount(DoctorAccount, tag_field="role", tag="doctor", kw_only=True, omit_defaults=True):
    """The account as it is now, or in a dry run would be, and the appointments canceled or, in a dry run, stranded."""

    affected: list[Appointment] = []


ChangedAccount = PatientAccount | ChangedDoctorAccount


class ChangeAccount(ScheduleChange, kw_only=True):
    """What to change of one's own account. Fields that cannot change are accepted as long as they repeat what is.

    A new email is the account's once it is verified, by the code of a mail to it; until then it is `pending_email`.
    A doctor's new time zone moves all their working hours, so it may be in the way of appointments.
    """

    email: Email | UnsetType = UNSET
    full_name: Name | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    timezone: TimeZone | UnsetType = UNSET
    specialty: ShortText | UnsetType = UNSET
    experience_years: Years | UnsetType = UNSET
    slot_minutes: Slot | UnsetType = UNSET
    buffer_minutes: Buffer | UnsetType = UNSET
    fee: Fee | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    max_appointments: Cap | UnsetType = UNSET
    id: int | UnsetType = UNSET
    username: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    verified: bool | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    email_verified_at: str | UnsetType | None = UNSET
    pending_email: str | UnsetType | None = UNSET
