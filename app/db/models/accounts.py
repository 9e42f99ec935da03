"""Accounts and the profiles of doctors and patients."""

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
    __table_args__ = ({"comment": "The IANA time zones that this PostgreSQL supports."},)

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
        {"comment": "A login. The profile that refers to it, a doctor's or a patient's, fixes the role."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    username: Mapped[str | None] = mapped_column(Text, comment="Unique, ignoring case. NULL if erased.")
    email: Mapped[str | None] = mapped_column(
        Text, comment="The address for mails. Unique, ignoring case. NULL if erased."
    )
    email_verified_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="When the owner verified the address. NULL: not verified."
    )
    pending_email: Mapped[str | None] = mapped_column(Text, comment="The new address, until it is verified.")
    password_hash: Mapped[str | None] = mapped_column(
        Text,
        deferred=True,  # the API's role reads it only through password_hash_of()
        comment="argon2id, in PHC string format. NULL if erased.",
    )
    role: Mapped[str] = mapped_column(Text, comment="doctor or patient. Cannot be changed.")
    status: Mapped[str] = mapped_column(
        Text, server_default="active", comment="active, disabled by an admin, or erased on request."
    )
    disabled_reason: Mapped[str | None] = mapped_column(
        Text,
        comment="Why an admin disabled it. NULL: enabled. The owner does not see it.",
        deferred=True,  # the API's role cannot read it
    )
    generation: Mapped[int] = mapped_column(
        Integer, server_default="1", comment="Part of access tokens. Increasing it revokes all of them."
    )
    created_at: Mapped[datetime] = timestamp_column("When the account was registered.")


class RefreshToken(Base):
    __tablename__ = "refresh_token"
    __table_args__ = (
        Index("refresh_token_of_account", "account_id"),
        Index("refresh_token_of_family", "family"),
        Index("refresh_token_expiring", "expires_at"),
        {"comment": "Refresh tokens, each valid for one use. All tokens of one login are a family."},
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True, comment="SHA-256. The token itself is not stored.")
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    family: Mapped[UUID] = mapped_column(comment="The login that it belongs to.")
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True),
        comment="When it was exchanged. A second use revokes the family.",
    )
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), comment="When its family was revoked.")
    created_at: Mapped[datetime] = timestamp_column("When it was issued.")


class AccountToken(Base):
    __tablename__ = "account_token"
    __table_args__ = (
        CheckConstraint("purpose IN ('email_verification', 'password_reset')", name="account_token_purpose_valid"),
        Index("account_token_of_account", "account_id"),
        Index("account_token_expiring", "expires_at"),
        {"comment": "Mailed codes, each valid for one use. A used code is deleted."},
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True, comment="SHA-256. The code itself is not stored.")
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(Text, comment="email_verification or password_reset.")
    email: Mapped[str] = mapped_column(Text, comment="The address that it was mailed to.")
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = timestamp_column("When it was created, just before the mail was sent.")


class Doctor(Base):
    __tablename__ = "doctor"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "role"], ["account.id", "account.role"], name="doctor_account_id_fkey"),
        ForeignKeyConstraint(["timezone"], ["time_zone.name"], name="doctor_timezone_fkey"),
        CheckConstraint("slot_minutes BETWEEN 5 AND 480", name="doctor_slot_minutes_valid"),
        CheckConstraint("buffer_minutes BETWEEN 0 AND 480", name="doctor_buffer_minutes_valid"),
        CheckConstraint("max_appointments BETWEEN 0 AND 30", name="doctor_max_appointments_valid"),
        CheckConstraint("fee >= 0", name="doctor_fee_valid"),
        # PayPal refuses decimals in these currencies.
        CheckConstraint(
            "currency NOT IN ('HUF', 'JPY', 'TWD') OR fee = trunc(fee)", name="doctor_fee_has_no_minor_unit"
        ),
        CheckConstraint("experience_years BETWEEN 0 AND 80", name="doctor_experience_years_valid"),
        Index("doctor_specialty", text("lower(specialty)"), "account_id"),
        Index(  # for searches by part of a name, which would otherwise read every doctor
            "doctor_full_name",
            literal_column("lower(full_name)").label("name"),
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops"},
        ),
        # Every booking updates booking_seq. Free space on the page allows HOT updates, which leave the indexes alone.
        {
            "comment": "A doctor's profile. Bookings of this doctor lock its row.",
            "postgresql_with": {"fillfactor": 50},
        },
    )

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(
        Text,
        Computed("'doctor'", persisted=True),
        comment="Restricts the foreign key to doctors' accounts.",
    )
    full_name: Mapped[str] = mapped_column(Text, comment="Public.")
    phone: Mapped[str] = mapped_column(Text, server_default="", comment="The phone number of the practice. Public.")
    timezone: Mapped[str] = mapped_column(Text, server_default="UTC", comment="The time zone of the working hours.")
    specialty: Mapped[str] = mapped_column(Text, server_default="", comment="Public; patients search by it.")
    experience_years: Mapped[int] = mapped_column(SmallInteger, server_default="0", comment="Years in practice.")
    slot_minutes: Mapped[int] = mapped_column(
        SmallInteger, server_default="30", comment="The length of a slot, in minutes."
    )
    buffer_minutes: Mapped[int] = mapped_column(
        SmallInteger, server_default="0", comment="The pause between two slots, in minutes."
    )
    fee: Mapped[Decimal] = mapped_column(
        Numeric(12, 2),
        comment="The price of an appointment. 0: bookings are confirmed at once. Default: policy.default_fee.",
    )
    currency: Mapped[str] = mapped_column(CHAR(3), comment="ISO 4217. Default: policy.default_currency.")
    max_appointments: Mapped[int] = mapped_column(
        SmallInteger,
        server_default="30",
        comment="The maximum number of active appointments, at most 30. 0: no new bookings.",
    )
    verified_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True),
        server_default=FetchedValue(),  # no default, but leaves the column out of INSERT: the app must not write it
        comment="When an admin verified the doctor; see policy.require_verified_doctor.",
    )
    disabled_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True),
        server_default=FetchedValue(),  # like verified_at
        comment="When an admin disabled the account: not listed, and not booked. NULL: enabled.",
    )
    booking_seq: Mapped[int] = mapped_column(
        BigInteger,
        server_default="0",
        comment="Counts writers. Updating it takes the lock, and makes writers with an outdated snapshot fail.",
    )


class Patient(Base):
    __tablename__ = "patient"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "role"], ["account.id", "account.role"], name="patient_account_id_fkey"),
        ForeignKeyConstraint(["timezone"], ["time_zone.name"], name="patient_timezone_fkey"),
        {
            "comment": "A patient's profile. Bookings of this patient lock its row.",
            "postgresql_with": {"fillfactor": 50},
        },
    )

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(
        Text,
        Computed("'patient'", persisted=True),
        comment="Restricts the foreign key to patients' accounts.",
    )
    full_name: Mapped[str] = mapped_column(
        Text, comment="Visible only to doctors who have an appointment with the patient."
    )
    phone: Mapped[str] = mapped_column(
        Text, server_default="", comment="Visible only to doctors who have an appointment with the patient."
    )
    timezone: Mapped[str] = mapped_column(
        Text, server_default="UTC", comment="The time zone of the times in this patient's mails."
    )
    booking_seq: Mapped[int] = mapped_column(
        BigInteger,
        server_default="0",
        comment="Counts writers. Updating it takes the lock, and makes writers with an outdated snapshot fail.",
    )
