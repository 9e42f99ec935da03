"""Who there is: logins, and the profiles that say what each may do."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import CHAR
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, timestamp_column


class TimeZone(Base):
    __tablename__ = "time_zone"
    __table_args__ = ({"comment": "The IANA time zones that this PostgreSQL can compute with."},)

    name: Mapped[str] = mapped_column(Text, primary_key=True, comment="IANA name, e.g. Europe/Berlin.")


class Account(Base):
    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("role IN ('doctor', 'patient')", name="account_role_valid"),
        CheckConstraint("status IN ('active', 'disabled', 'erased')", name="account_status_valid"),
        CheckConstraint("username ~ '^[A-Za-z0-9_.@+-]{1,150}$'", name="account_username_valid"),
        CheckConstraint(
            r"email ~ '^[!-?A-~]{1,64}@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{2,}$' AND length(email) <= 254",
            name="account_email_valid",
        ),
        CheckConstraint(
            r"pending_email ~ '^[!-?A-~]{1,64}@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{2,}$' AND length(pending_email) <= 254",
            name="account_pending_email_valid",
        ),
        CheckConstraint(
            "(status = 'erased') = (username IS NULL) AND (status = 'erased') = (email IS NULL)"
            " AND (status = 'erased') = (password_hash IS NULL)"
            " AND (status <> 'erased' OR email_verified_at IS NULL AND pending_email IS NULL)",
            name="account_erased_is_empty",
        ),
        UniqueConstraint("id", "role", name="account_id_role_unique"),
        Index("account_username_unique", text("lower(username)"), unique=True),
        Index("account_email_unique", text("lower(email)"), unique=True),
        {"comment": "A login. What a person is, doctor or patient, is fixed by the profile that refers to it."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    username: Mapped[str | None] = mapped_column(Text, comment="Unique whatever its case; none once erased.")
    email: Mapped[str | None] = mapped_column(
        Text, comment="Where mails go. Unique whatever its case; none once erased."
    )
    email_verified_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="When its owner proved to read it; none: not yet."
    )
    pending_email: Mapped[str | None] = mapped_column(Text, comment="The address that is to be, once it is proven.")
    password_hash: Mapped[str | None] = mapped_column(
        Text,
        deferred=True,  # the API's role cannot read it: password_hash_of() tells it
        comment="argon2id, PHC string format; none once erased.",
    )
    role: Mapped[str] = mapped_column(Text, comment="doctor or patient; a profile pins it for good.")
    status: Mapped[str] = mapped_column(
        Text, server_default="active", comment="active, disabled by an admin, or erased on request."
    )
    disabled_reason: Mapped[str | None] = mapped_column(
        Text,
        comment="Why an admin has disabled it; none once enabled. Not told to its owner.",
        deferred=True,  # the API's role cannot read it
    )
    generation: Mapped[int] = mapped_column(
        Integer, server_default="1", comment="Access tokens name it; counting it up revokes all of them at once."
    )
    created_at: Mapped[datetime] = timestamp_column("When the account was registered.")


class RefreshToken(Base):
    __tablename__ = "refresh_token"
    __table_args__ = (
        Index("refresh_token_of_account", "account_id"),
        Index("refresh_token_of_family", "family"),
        Index("refresh_token_expiring", "expires_at"),
        {"comment": "Refresh tokens, each good for one use; all that came of one login are a family."},
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True, comment="SHA-256; the token itself is kept nowhere.")
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    family: Mapped[UUID] = mapped_column(comment="The login that it came of.")
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True),
        comment="When it was exchanged; a second use ends the family.",
    )
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), comment="When its family was ended.")
    created_at: Mapped[datetime] = timestamp_column("When it was given out.")


class AccountToken(Base):
    __tablename__ = "account_token"
    __table_args__ = (
        CheckConstraint("purpose IN ('email_verification', 'password_reset')", name="account_token_purpose_valid"),
        Index("account_token_of_account", "account_id"),
        Index("account_token_expiring", "expires_at"),
        {"comment": "Codes that were mailed, each good for one use; a used one is deleted."},
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True, comment="SHA-256; the code itself is kept nowhere.")
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(Text, comment="What it is good for: email_verification or password_reset.")
    email: Mapped[str] = mapped_column(Text, comment="The address that it was mailed to.")
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = timestamp_column("When it was made, as the mail was about to be sent.")


class Doctor(Base):
    __tablename__ = "doctor"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "role"], ["account.id", "account.role"], name="doctor_account_id_fkey"),
        ForeignKeyConstraint(["timezone"], ["time_zone.name"], name="doctor_timezone_fkey"),
        CheckConstraint("slot_minutes BETWEEN 5 AND 480", name="doctor_slot_minutes_valid"),
        CheckConstraint("buffer_minutes BETWEEN 0 AND 480", name="doctor_buffer_minutes_valid"),
        CheckConstraint("max_appointments BETWEEN 0 AND 30", name="doctor_max_appointments_valid"),
        CheckConstraint("fee >= 0", name="doctor_fee_valid"),
        # ISO 4217 gives these no minor unit, and the payment provider refuses one.
        CheckConstraint(
            "currency NOT IN ('HUF', 'JPY', 'TWD') OR fee = trunc(fee)", name="doctor_fee_has_no_minor_unit"
        ),
        CheckConstraint("experience_years BETWEEN 0 AND 80", name="doctor_experience_years_valid"),
        Index("doctor_specialty", text("lower(specialty)"), "account_id"),
        Index(  # any part of a name; without pg_trgm this filter would read every doctor
            "doctor_full_name",
            literal_column("lower(full_name)").label("name"),
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops"},
        ),
        # Every booking updates booking_seq; room on the page keeps those updates off the indexes (HOT).
        {
            "comment": "A doctor's profile. Its row is the lock under which this doctor's bookings are decided.",
            "postgresql_with": {"fillfactor": 50},
        },
    )

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(
        Text,
        Computed("'doctor'", persisted=True),
        comment="Makes the foreign key accept only a doctor's account.",
    )
    full_name: Mapped[str] = mapped_column(Text, comment="Public.")
    phone: Mapped[str] = mapped_column(Text, server_default="", comment="The practice's telephone. Public.")
    timezone: Mapped[str] = mapped_column(
        Text, server_default="UTC", comment="Zone in which the working hours are meant."
    )
    specialty: Mapped[str] = mapped_column(Text, server_default="", comment="Public; patients search by it.")
    experience_years: Mapped[int] = mapped_column(SmallInteger, server_default="0", comment="Years in practice.")
    slot_minutes: Mapped[int] = mapped_column(SmallInteger, server_default="30", comment="Length of a slot, minutes.")
    buffer_minutes: Mapped[int] = mapped_column(
        SmallInteger, server_default="0", comment="Pause between two slots, minutes."
    )
    fee: Mapped[Decimal] = mapped_column(
        Numeric(12, 2),
        comment="Price of an appointment; 0: confirmed at once. If none is given: policy.default_fee.",
    )
    currency: Mapped[str] = mapped_column(CHAR(3), comment="ISO 4217. If none is given: policy.default_currency.")
    max_appointments: Mapped[int] = mapped_column(
        SmallInteger,
        server_default="30",
        comment="Cap on active appointments, never above 30; 0 closes the book.",
    )
    verified_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True),
        server_default=FetchedValue(),  # none, but so the app, which may not write it, leaves it out of an INSERT
        comment="When an admin said that this is a doctor; see policy.require_verified_doctor.",
    )
    disabled_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True),
        server_default=FetchedValue(),  # as for verified_at
        comment="When an admin disabled the account: not listed and not booked, whatever the policy; none: it is not.",
    )
    booking_seq: Mapped[int] = mapped_column(
        BigInteger,
        server_default="0",
        comment="Counts schedule writers. Updating it takes the lock, and fails a writer whose snapshot is stale.",
    )


class Patient(Base):
    __tablename__ = "patient"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "role"], ["account.id", "account.role"], name="patient_account_id_fkey"),
        ForeignKeyConstraint(["timezone"], ["time_zone.name"], name="patient_timezone_fkey"),
        {
            "comment": "A patient's profile. Its row is the lock under which this patient's bookings are decided.",
            "postgresql_with": {"fillfactor": 50},
        },
    )

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(
        Text,
        Computed("'patient'", persisted=True),
        comment="Makes the foreign key accept only a patient's account.",
    )
    full_name: Mapped[str] = mapped_column(Text, comment="Seen only by doctors who have an appointment with them.")
    phone: Mapped[str] = mapped_column(
        Text, server_default="", comment="Seen only by doctors who have an appointment with them."
    )
    timezone: Mapped[str] = mapped_column(
        Text, server_default="UTC", comment="Zone of the times in this patient's mails."
    )
    booking_seq: Mapped[int] = mapped_column(
        BigInteger,
        server_default="0",
        comment="Counts bookings. Updating it takes the lock, and fails a writer whose snapshot is stale.",
    )
