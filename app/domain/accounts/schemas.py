"""Request and response bodies for accounts."""

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

USERNAME = pattern(rf"^[A-Za-z0-9_.@+-]+{END}", "Must consist of letters a to z, digits and the characters _.@+-")
EMAIL = pattern(
    rf"^[!-?A-~]{{1,64}}@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{{2,}}{END}", "Must be an email address such as ada@example.com."
)

Username = Annotated[str, Meta(max_length=150, pattern=USERNAME, examples=["ada"])]
Email = Annotated[str, Meta(max_length=254, pattern=EMAIL, examples=["ada@example.com"])]
Years = Annotated[int, Meta(ge=0, le=80)]
Slot = Annotated[int, Meta(ge=5, le=480, description="Length of a slot, in minutes.")]
Buffer = Annotated[int, Meta(ge=0, le=480, description="Break between two slots, in minutes.")]
Cap = Annotated[int, Meta(ge=0, le=30, description="Maximum number of active appointments at a time.")]
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
    """A new doctor. `full_name` defaults to the username, the working hours to Monday to Friday, 09:00 to 17:00."""

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
    verified: Annotated[
        bool, Meta(description="Whether an admin has verified this doctor. Only verified doctors are public.")
    ]
    created_at: Instant


OwnAccount = PatientAccount | DoctorAccount


class ChangedDoctorAccount(DoctorAccount, tag_field="role", tag="doctor", kw_only=True, omit_defaults=True):
    """The changed account, and the appointments that the change affects. A dry run only shows them."""

    affected: list[Appointment] = []


ChangedAccount = PatientAccount | ChangedDoctorAccount


class ChangeAccount(ScheduleChange, kw_only=True):
    """The fields to change. Read-only fields are accepted if they repeat the current value."""

    email: Annotated[Email, Meta(description="A new email is `pending_email` until it is verified.")] | UnsetType = (
        UNSET
    )
    full_name: Name | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    timezone: Annotated[TimeZone, Meta(description="IANA name. Moves a doctor's working hours.")] | UnsetType = UNSET
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
