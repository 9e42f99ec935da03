"""Waitlist entries and offers."""

from datetime import date, datetime, time

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, timestamp_column

LIVE = "status IN ('waiting', 'offered', 'paused')"
LIVE_OFFER = "status IN ('queued', 'sent')"


class WaitlistEntry(Base):
    __tablename__ = "waitlist_entry"
    __table_args__ = (
        CheckConstraint(
            "status IN ('waiting', 'offered', 'paused', 'fulfilled', 'left', 'lapsed')",
            name="waitlist_entry_status_valid",
        ),
        CheckConstraint("priority_class BETWEEN 1 AND 2", name="waitlist_entry_priority_class_valid"),
        CheckConstraint("earliest_time <= latest_time", name="waitlist_entry_times_valid"),
        CheckConstraint("min_notice_minutes BETWEEN 0 AND 21600", name="waitlist_entry_min_notice_minutes_valid"),
        Index(
            "waitlist_entry_unique",
            "doctor_id",
            "patient_id",
            "desired_date",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text(LIVE),
        ),
        Index("waitlist_entry_queue", "doctor_id", "priority_class", "id", postgresql_where=text(LIVE)),
        Index("waitlist_entry_by_doctor", "doctor_id", "id"),
        Index("waitlist_entry_by_patient", "patient_id", "id"),
        {"comment": "A patient who waits for a slot of a doctor. The order is by priority class, then by id."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.account_id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.account_id"))
    desired_date: Mapped[date | None] = mapped_column(comment="A day in the doctor's time zone. NULL: any day.")
    priority_class: Mapped[int] = mapped_column(
        SmallInteger,
        server_default="2",
        comment="1: the doctor recently canceled an appointment of the patient; 2: all others. Set by trigger.",
    )
    earliest_time: Mapped[time | None] = mapped_column(comment="The earliest local start of a slot. NULL: any.")
    latest_time: Mapped[time | None] = mapped_column(comment="The latest local start of a slot. NULL: any.")
    min_notice_minutes: Mapped[int] = mapped_column(
        Integer,
        server_default="0",
        comment="The minimum number of minutes between an offer and the start of its slot, if the policy has less.",
    )
    status: Mapped[str] = mapped_column(Text, server_default="waiting", comment="waiting, offered and paused are live.")
    created_at: Mapped[datetime] = timestamp_column("When the patient joined.")


class Offer(Base):
    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint(
            "status IN ('queued', 'sent', 'accepted', 'declined', 'expired', 'superseded')", name="offer_status_valid"
        ),
        CheckConstraint("wave >= 1", name="offer_wave_valid"),
        Index("offer_one_live", "waitlist_entry_id", unique=True, postgresql_where=text(LIVE_OFFER)),
        Index("offer_of_entry", "waitlist_entry_id", "id"),
        Index("offer_of_appointment", "appointment_id", "wave"),
        Index("offer_due", "due_at", postgresql_where=text(LIVE_OFFER)),
        {"comment": "An offer of a freed slot (an appointment with status offered) to a waitlist entry."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    appointment_id: Mapped[int] = mapped_column(
        ForeignKey("appointment.id"), comment="The appointment that occupies the offered slot."
    )
    waitlist_entry_id: Mapped[int] = mapped_column(ForeignKey("waitlist_entry.id"))
    wave: Mapped[int] = mapped_column(
        SmallInteger, comment="1 for the first wave. Each further wave is twice as large."
    )
    status: Mapped[str] = mapped_column(Text, server_default="queued", comment="queued and sent are live.")
    due_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), comment="When the sweep handles it next: for the next wave, then for its end."
    )
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), comment="When the offer ends.")
    created_at: Mapped[datetime] = timestamp_column("When it was created.")
    updated_at: Mapped[datetime] = timestamp_column("When its status last changed; set by trigger.")


class OfferToken(Base):
    __tablename__ = "offer_token"
    __table_args__ = (
        Index("offer_token_of_offer", "offer_id"),
        {"comment": "The token in the link of an offer's mail. Each attempt to send the mail creates one."},
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True, comment="SHA-256. The token itself is not stored.")
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    created_at: Mapped[datetime] = timestamp_column("When the mail was written.")
