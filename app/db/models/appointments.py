"""Bookings."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import CHAR, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import HALF_OPEN, Base, timestamp_column

ACTIVE = "status IN ('offered', 'pending', 'confirmed')"


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
        Index("appointment_on_offer", "doctor_id", "id", postgresql_where=text("status = 'offered'")),
        {"comment": "A booking of a doctor's slot. An active one occupies the slot and one of the doctor's 30 seats."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.account_id"))
    patient_id: Mapped[int | None] = mapped_column(
        ForeignKey("patient.account_id"), comment="NULL while a freed slot is offered to the waitlist."
    )
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE, comment="The slot, [start, end).")
    status: Mapped[str] = mapped_column(
        Text,
        server_default="pending",
        comment="As stored. The API shows appointment_status(), which also considers lapsed holds and finished visits.",
    )
    seat: Mapped[int | None] = mapped_column(SmallInteger, comment="1 to 30 while active. Set by trigger.")
    hold_expires_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True),
        comment="When an unpaid pending appointment loses its slot. Set by trigger.",
    )
    cancel_deadline: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), comment="The patient can cancel before this instant. Set by trigger."
    )
    fee: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="The doctor's fee at booking. Set by trigger.")
    currency: Mapped[str] = mapped_column(CHAR(3), comment="The doctor's currency at booking. Set by trigger.")
    canceled_by: Mapped[str | None] = mapped_column(Text, comment="patient, doctor or admin. Set by trigger.")
    cancel_reason: Mapped[str | None] = mapped_column(Text, comment="The reason that the canceling side gave.")
    version: Mapped[int] = mapped_column(
        Integer,
        server_default="1",
        comment="Counts the changes about which the patient and the doctor get a mail. Set by trigger.",
    )
    calendar_uid: Mapped[UUID] = mapped_column(
        server_default=text("gen_random_uuid()"),
        comment="The UID in calendars (RFC 7986, 5.3). Never changes.",
    )
    created_at: Mapped[datetime] = timestamp_column("When the slot was first held.")
    updated_at: Mapped[datetime] = timestamp_column("When the row last changed; set by trigger.")
