"""The tables, as far as SQLAlchemy can say them; functions, triggers and grants are in `app/db/sql/`."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from advanced_alchemy.base import CommonTableAttributes
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, CHAR, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ACTIVE = "status IN ('offered', 'pending', 'confirmed')"
LIVE = "status IN ('waiting', 'offered', 'paused')"
# An end that is missing is NULL, and what is unknown would pass: it is asked for by itself.
HALF_OPEN = (
    "lower_inc(during) AND NOT upper_inc(during) AND NOT upper_inf(during) AND NOT isempty(during)"
    " AND isfinite(lower(during)) AND isfinite(upper(during))"
)


class Base(CommonTableAttributes, DeclarativeBase):
    """Every table's base: names of keys follow one convention, because a rule is known by its constraint's name."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_name)s_fkey",
        }
    )


def _created_at(comment: str) -> Mapped[datetime]:
    return mapped_column(DateTime(timezone=True), server_default=text("now()"), comment=comment)


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
        UniqueConstraint("id", "role", name="account_id_role_unique"),
        Index("account_username_unique", text("lower(username)"), unique=True),
        Index("account_email_unique", text("lower(email)"), unique=True),
        {"comment": "A login. What a person is, doctor or patient, is fixed by the profile that refers to it."},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    username: Mapped[str] = mapped_column(Text, comment="Unique whatever its case.")
    email: Mapped[str] = mapped_column(Text, comment="Where mails go. Unique whatever its case.")
    password_hash: Mapped[str] = mapped_column(Text, comment="argon2id, PHC string format.")
    role: Mapped[str] = mapped_column(Text, comment="doctor or patient; a profile pins it for good.")
    status: Mapped[str] = mapped_column(
        Text, server_default="active", comment="active, disabled by an admin, or erased on request."
    )
    generation: Mapped[int] = mapped_column(
        Integer, server_default="1", comment="Access tokens name it; counting it up revokes all of them at once."
    )
    created_at: Mapped[datetime] = _created_at("When the account was registered.")


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
    created_at: Mapped[datetime] = _created_at("When it was given out.")


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
        # Every booking updates booking_seq; room on the page keeps those updates off the indexes (HOT).
        {
            "comment": "A doctor's profile. Its row is the lock under which this doctor's bookings are decided.",
            "postgresql_with": {"fillfactor": 50},
        },
    )

    account_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
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

    account_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
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


class WorkingHours(Base):
    __tablename__ = "working_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="working_hours_weekday_valid"),
        CheckConstraint(
            "start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440",
            name="working_hours_minutes_valid",
        ),
        ExcludeConstraint(
            ("doctor_id", "="),
            ("weekday", "="),
            (text("int4range(start_minute, end_minute)"), "&&"),
            name="working_hours_no_overlap",
            using="gist",
        ),
        {"comment": "When a doctor works: intervals of the local day, week by week. None crosses midnight."},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.account_id", ondelete="CASCADE"))
    weekday: Mapped[int] = mapped_column(SmallInteger, comment="ISO: 1 Monday to 7 Sunday.")
    start_minute: Mapped[int] = mapped_column(SmallInteger, comment="Minutes after local midnight, 0 to 1439.")
    end_minute: Mapped[int] = mapped_column(SmallInteger, comment="Minutes after local midnight, up to 1440.")


class TimeOff(Base):
    __tablename__ = "time_off"
    __table_args__ = (
        CheckConstraint(HALF_OPEN, name="time_off_during_valid"),
        # Equality on the doctor and overlap in time by one index, for the look that every booking takes.
        Index("time_off_of_doctor", "doctor_id", "during", postgresql_using="gist"),
        {"comment": "When a doctor is away. It never covers an appointment that somebody holds."},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.account_id", ondelete="CASCADE"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE, comment="[start, end).")
    reason: Mapped[str | None] = mapped_column(Text, comment="Told to patients whose appointment is canceled for it.")
    created_at: Mapped[datetime] = _created_at("When the time off was entered.")


class Appointment(Base):
    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint(
            "status IN ('offered', 'pending', 'confirmed', 'released', 'expired', 'canceled', 'completed', 'no_show')",
            name="appointment_status_valid",
        ),
        CheckConstraint(HALF_OPEN, name="appointment_during_valid"),
        CheckConstraint("seat BETWEEN 1 AND 30", name="appointment_doctor_cap"),
        CheckConstraint(f"({ACTIVE}) = (seat IS NOT NULL)", name="appointment_seat_iff_active"),
        CheckConstraint(
            "(status IN ('offered', 'released')) = (patient_id IS NULL)",
            name="appointment_patient_iff_claimed",
        ),
        CheckConstraint("status <> 'pending' OR hold_expires_at IS NOT NULL", name="appointment_hold_has_end"),
        CheckConstraint(
            "(status = 'canceled') = (canceled_by IS NOT NULL)"
            " AND (canceled_by IS NULL OR canceled_by IN ('patient', 'doctor', 'admin'))",
            name="appointment_canceled_by_valid",
        ),
        ExcludeConstraint(
            ("doctor_id", "="),
            ("during", "&&"),
            name="appointment_doctor_no_overlap",
            using="gist",
            where=text(ACTIVE),
        ),
        ExcludeConstraint(
            ("patient_id", "="),
            ("during", "&&"),
            name="appointment_patient_no_overlap",
            using="gist",
            where=text(ACTIVE),
        ),
        Index(
            "appointment_doctor_seat",
            "doctor_id",
            "seat",
            unique=True,
            postgresql_where=text("seat IS NOT NULL"),
        ),
        Index("appointment_by_doctor", "doctor_id", text("lower(during)"), "id"),
        Index("appointment_by_patient", "patient_id", text("lower(during)"), "id"),
        Index("appointment_lapsing_hold", "hold_expires_at", postgresql_where=text("status = 'pending'")),
        Index("appointment_finishing", text("upper(during)"), postgresql_where=text("status = 'confirmed'")),
        {"comment": "A booking of a doctor's slot. While active it holds the slot and one of the doctor's 30 seats."},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.account_id"))
    patient_id: Mapped[int | None] = mapped_column(
        ForeignKey("patient.account_id"), comment="None while a freed slot is on offer to the waitlist."
    )
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE, comment="The slot, [start, end).")
    status: Mapped[str] = mapped_column(
        Text,
        server_default="pending",
        comment="As written; what the API shows also counts lapsed holds and finished visits (appointment_status()).",
    )
    seat: Mapped[int | None] = mapped_column(SmallInteger, comment="1 to 30 while active; set by trigger.")
    hold_expires_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True),
        comment="Until when a pending appointment holds its slot unpaid; set by trigger.",
    )
    cancel_deadline: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), comment="Before this instant the patient may cancel; set by trigger."
    )
    fee: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="The doctor's fee at booking; set by trigger.")
    currency: Mapped[str] = mapped_column(CHAR(3), comment="The doctor's currency at booking; set by trigger.")
    canceled_by: Mapped[str | None] = mapped_column(Text, comment="patient, doctor or admin; set by trigger.")
    cancel_reason: Mapped[str | None] = mapped_column(Text, comment="What the canceling side said, if anything.")
    version: Mapped[int] = mapped_column(
        Integer, server_default="1", comment="Counts the changes that a party must know of; set by trigger."
    )
    created_at: Mapped[datetime] = _created_at("When the slot was first held.")
    updated_at: Mapped[datetime] = _created_at("When the row last changed; set by trigger.")


class WaitlistEntry(Base):
    __tablename__ = "waitlist_entry"
    __table_args__ = (
        CheckConstraint(
            "status IN ('waiting', 'offered', 'paused', 'fulfilled', 'left', 'lapsed')",
            name="waitlist_entry_status_valid",
        ),
        Index(
            "waitlist_entry_unique",
            "doctor_id",
            "patient_id",
            "desired_date",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text(LIVE),
        ),
        Index("waitlist_entry_queue", "doctor_id", "id", postgresql_where=text(LIVE)),
        Index("waitlist_entry_by_patient", "patient_id", "id"),
        {"comment": "A patient who waits for a slot with a doctor. Order of joining is order of id."},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.account_id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.account_id"))
    desired_date: Mapped[date | None] = mapped_column(comment="A day in the doctor's zone; none: any day.")
    status: Mapped[str] = mapped_column(Text, server_default="waiting", comment="waiting, offered and paused are live.")
    created_at: Mapped[datetime] = _created_at("When the patient joined.")


class Notification(Base):
    __tablename__ = "notification"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'sent', 'skipped', 'failed')", name="notification_status_valid"),
        CheckConstraint(
            "kind IN ('appointment_confirmed', 'appointment_canceled', 'appointment_rescheduled', 'slot_available',"
            " 'payment_too_late', 'refund_requested', 'refund_completed')",
            name="notification_kind_valid",
        ),
        Index(
            "notification_once",
            "appointment_id",
            "appointment_version",
            "kind",
            "account_id",
            "payment_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("notification_batch", "batch", "account_id", unique=True, postgresql_where=text("batch IS NOT NULL")),
        Index("notification_due", "due_at", "id", postgresql_where=text("status = 'queued'")),
        {"comment": "The outbox: one mail to one account about one version of one appointment."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, comment="Which mail; names its template.")
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), comment="Who gets it.")
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    appointment_version: Mapped[int] = mapped_column(Integer, comment="A mail about an older version is skipped.")
    waitlist_entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("waitlist_entry.id"), comment="The entry a slot_available mail answers."
    )
    payment_id: Mapped[int | None] = mapped_column(
        ForeignKey("payment.id"), comment="The payment that a mail about money is about."
    )
    slot: Mapped[Range[datetime] | None] = mapped_column(
        TSTZRANGE, comment="slot_available: the freed slot; appointment_rescheduled: the time it was moved from."
    )
    batch: Mapped[UUID | None] = mapped_column(comment="What one act canceled together is told in one mail a person.")
    also: Mapped[list[Any]] = mapped_column(
        ARRAY(Integer), server_default=text("'{}'"), comment="The batch's other appointments of this account."
    )
    request_id: Mapped[str | None] = mapped_column(
        Text,
        # here, so that whoever writes a row need not think of it; what is no id would be a header of its own in a mail
        server_default=text("substring(current_setting('booking.request', true) FROM '^[A-Za-z0-9_.-]{1,64}$')"),
        comment="The X-Request-ID of the act (setting booking.request); none: the sweep, or a person at psql.",
    )
    status: Mapped[str] = mapped_column(Text, server_default="queued", comment="queued, sent, skipped or failed.")
    due_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True),
        server_default=text("now()"),
        comment="Not before; while a worker is sending: when another may try.",
    )
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0", comment="How often a worker took it.")
    message_id: Mapped[UUID] = mapped_column(
        server_default=text("gen_random_uuid()"),
        comment="Left part of the mail's Message-ID; the same at every attempt.",
    )
    outcome: Mapped[str | None] = mapped_column(Text, comment="Why it was skipped, or what the last attempt met.")
    created_at: Mapped[datetime] = _created_at("When the event happened.")
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), comment="When the mail server took it.")


class Payment(Base):
    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint(
            "status IN ('created', 'approved', 'capturing', 'pending_review', 'captured', 'partially_refunded',"
            " 'refunded', 'canceled', 'failed')",
            name="payment_status_valid",
        ),
        CheckConstraint("amount > 0", name="payment_amount_valid"),
        CheckConstraint(
            "refund_total >= 0 AND refund_total <="
            " CASE WHEN status IN ('captured', 'partially_refunded', 'refunded') THEN amount ELSE 0 END",
            name="payment_refund_within_capture",
        ),
        CheckConstraint(
            "status NOT IN ('captured', 'partially_refunded', 'refunded') OR capture_id IS NOT NULL",
            name="payment_capture_known",
        ),
        UniqueConstraint("reference", name="payment_reference_unique"),
        UniqueConstraint("order_id", name="payment_order_unique"),
        UniqueConstraint("capture_id", name="payment_capture_unique"),
        # While one is being taken, another cannot be: that would be too late to find out.
        Index(
            "payment_one_capture",
            "appointment_id",
            unique=True,
            postgresql_where=text(
                "status IN ('capturing', 'pending_review', 'captured', 'partially_refunded', 'refunded')"
                " AND NOT without_slot"
            ),
        ),
        Index("payment_of_appointment", "appointment_id"),
        Index("payment_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        {"comment": "What a patient pays for an appointment, through an order at PayPal."},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="The appointment's fee.")
    currency: Mapped[str] = mapped_column(CHAR(3), comment="The appointment's currency, ISO 4217.")
    status: Mapped[str] = mapped_column(
        Text, server_default="created", comment="How far the payment is; see payment_status_transition()."
    )
    reference: Mapped[UUID] = mapped_column(
        server_default=text("gen_random_uuid()"),
        comment="Our name for it at PayPal (custom_id), and the PayPal-Request-Id that creates the order.",
    )
    order_id: Mapped[str | None] = mapped_column(Text, comment="PayPal's order; the API's paymentId.")
    approval_url: Mapped[str | None] = mapped_column(Text, comment="Where the payer approves the order.")
    payer_id: Mapped[str | None] = mapped_column(Text, comment="PayPal's id of who approved.")
    capture_request_id: Mapped[UUID | None] = mapped_column(
        comment="The PayPal-Request-Id of the capture; a new one for each attempt that a decline ended."
    )
    capture_id: Mapped[str | None] = mapped_column(Text, comment="PayPal's capture: the money taken.")
    hold_expires_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="When the appointment's hold would have ended without the capture."
    )
    without_slot: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="Captured, but the slot was gone: it is being paid back."
    )
    refund_total: Mapped[Decimal] = mapped_column(
        Numeric(12, 2), server_default="0", comment="Sum of its refunds that have not failed; set by trigger."
    )
    attention: Mapped[str | None] = mapped_column(Text, comment="What a person should look into; cleared by an admin.")
    due_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="When the worker asks PayPal about it next; none: nothing to ask."
    )
    created_at: Mapped[datetime] = _created_at("When the payment was begun.")
    updated_at: Mapped[datetime] = _created_at("When its status last changed; set by trigger.")


class Refund(Base):
    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("status IN ('requested', 'pending', 'completed', 'failed')", name="refund_status_valid"),
        CheckConstraint("amount > 0", name="refund_amount_valid"),
        UniqueConstraint("paypal_id", name="refund_paypal_unique"),
        Index("refund_of_payment", "payment_id"),
        Index("refund_due", "due_at", postgresql_where=text("status IN ('requested', 'pending')")),
        {"comment": "Money on its way back to the payer."},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="In the payment's currency.")
    reason: Mapped[str] = mapped_column(Text, comment="Why: appointment_canceled or slot_lost.")
    status: Mapped[str] = mapped_column(
        Text, server_default="requested", comment="requested, pending at PayPal, completed or failed."
    )
    request_id: Mapped[UUID] = mapped_column(
        server_default=text("gen_random_uuid()"),
        comment="The PayPal-Request-Id: however often it is sent, the money goes back once.",
    )
    paypal_id: Mapped[str | None] = mapped_column(Text, comment="PayPal's refund.")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0", comment="How often a worker took it.")
    due_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"), comment="Not before; then a worker sees to it."
    )
    outcome: Mapped[str | None] = mapped_column(Text, comment="What the last attempt met.")
    created_at: Mapped[datetime] = _created_at("When it was requested.")
    updated_at: Mapped[datetime] = _created_at("When it last changed; set by trigger.")


class WebhookEvent(Base):
    __tablename__ = "webhook_event"
    __table_args__ = (
        {"comment": "PayPal's news, each once. It only says what to ask about: the payment it names is looked up."},
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, comment="PayPal's id of the event.")
    kind: Mapped[str] = mapped_column(Text, comment="PayPal's event_type.")
    payment_id: Mapped[int | None] = mapped_column(
        ForeignKey("payment.id"), comment="None: about something that is not ours."
    )
    received_at: Mapped[datetime] = _created_at("When it came.")


class Policy(Base):
    __tablename__ = "policy"
    __table_args__ = (
        CheckConstraint("id", name="policy_one_row"),
        CheckConstraint("hold_minutes BETWEEN 1 AND 1440", name="policy_hold_minutes_valid"),
        CheckConstraint("review_hours BETWEEN 1 AND 336", name="policy_review_hours_valid"),
        CheckConstraint("patient_hold_limit BETWEEN 1 AND 30", name="policy_patient_hold_limit_valid"),
        CheckConstraint("default_fee >= 0 AND default_fee <= max_fee", name="policy_default_fee_valid"),
        CheckConstraint("default_currency = ANY (currencies)", name="policy_default_currency_valid"),
        CheckConstraint("max_fee BETWEEN 0 AND 1000000", name="policy_max_fee_valid"),
        {"comment": "The numbers an admin may tune, in one row. 30 appointments, 360 and 72 hours are rules instead."},
    )

    id: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"), comment="Always true.")
    hold_minutes: Mapped[int] = mapped_column(
        SmallInteger, server_default="15", comment="How long an unpaid booking holds its slot, minutes."
    )
    review_hours: Mapped[int] = mapped_column(
        SmallInteger, server_default="24", comment="How long PayPal may review a payment while the slot is kept, hours."
    )
    patient_hold_limit: Mapped[int] = mapped_column(
        SmallInteger, server_default="5", comment="Live unpaid holds one patient may have at once."
    )
    default_fee: Mapped[Decimal] = mapped_column(
        Numeric(12, 2), server_default="100.00", comment="Fee of a doctor who names none."
    )
    default_currency: Mapped[str] = mapped_column(
        CHAR(3), server_default="USD", comment="Currency of a doctor who names none."
    )
    max_fee: Mapped[Decimal] = mapped_column(Numeric(12, 2), server_default="10000.00", comment="Highest fee allowed.")
    currencies: Mapped[list[Any]] = mapped_column(
        ARRAY(CHAR(3)),
        server_default=text("'{AUD,CAD,CHF,EUR,GBP,JPY,USD}'"),
        comment="Currencies a doctor may charge in, ISO 4217.",
    )
