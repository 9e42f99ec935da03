"""What clients send and get about accounts."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from app.domain.appointments.schemas import Appointment
from app.domain.fields import END, PRINTABLE, Currency, Id, Instant, Money, Name, Phone, ShortText, TimeZone
from app.domain.schedule.schemas import ScheduleChange
from app.domain.validation_messages import pattern

USERNAME = pattern(rf"^[A-Za-z0-9_.@+-]+{END}", "Must consist of letters a to z, digits and any of _.@+-.")
EMAIL = pattern(
    rf"^[!-?A-~]{{1,64}}@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{{2,}}{END}", "Must be an email address such as ada@example.com."
)

Username = Annotated[str, Meta(max_length=150, pattern=USERNAME, examples=["ada"])]
Email = Annotated[str, Meta(max_length=254, pattern=EMAIL, examples=["ada@example.com"])]
Password = Annotated[str, Meta(min_length=8, max_length=128)]
Code = Annotated[str, Meta(max_length=200, pattern=PRINTABLE)]
RefreshToken = Annotated[str, Meta(max_length=2000, pattern=PRINTABLE)]
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


class Login(Struct, forbid_unknown_fields=True, kw_only=True):
    """Either `username` or `email`, and the password."""

    username: Annotated[str, Meta(max_length=150, pattern=PRINTABLE)] | None = None
    email: Annotated[str, Meta(max_length=254, pattern=PRINTABLE)] | None = None
    password: Annotated[str, Meta(max_length=128)]

    def __post_init__(self) -> None:
        if (self.username is None) == (self.email is None):
            raise ValueError("Give either username or email.")


class Refresh(Struct, forbid_unknown_fields=True):
    """A refresh token, to be exchanged. Each can be exchanged once: whoever comes with it again ends the login."""

    refresh: RefreshToken


class Logout(Struct, forbid_unknown_fields=True):
    """Which login to end, by its refresh token; without one, all of the account's."""

    refresh: RefreshToken | None = None


class ChangePassword(Struct, forbid_unknown_fields=True):
    """The password as it is, and as it is to be. All logins of the account end."""

    password: Annotated[str, Meta(max_length=128)]
    new_password: Password


class VerifyEmail(Struct, forbid_unknown_fields=True):
    """The code of the mail that asks for it."""

    token: Code


class RequestPasswordReset(Struct, forbid_unknown_fields=True):
    """The address of an account."""

    email: Annotated[str, Meta(max_length=254, pattern=PRINTABLE)]


class ResetPassword(Struct, forbid_unknown_fields=True):
    """The code of the mail that was asked for, and the password as it is to be. All logins of the account end."""

    token: Code
    password: Password


class DeleteAccount(Struct, forbid_unknown_fields=True):
    """One's present password, so that nobody's account is deleted by whoever finds them logged in."""

    password: Annotated[str, Meta(max_length=128)]


class Done(Struct):
    """What was done."""

    detail: str


class Tokens(Struct):
    """Send `access` as `Authorization: Bearer ...`; exchange `refresh` for new ones within `expires_in` seconds."""

    access: str
    refresh: str
    token_type: Literal["Bearer"]
    expires_in: int
