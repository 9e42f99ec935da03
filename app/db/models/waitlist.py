"""Who waits for a slot."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, stamped

LIVE = "status IN ('waiting', 'offered', 'paused')"


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
        Index("waitlist_entry_by_doctor", "doctor_id", "id"),
        Index("waitlist_entry_by_patient", "patient_id", "id"),
        {"comment": "A patient who waits for a slot with a doctor. Order of joining is order of id."},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.account_id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.account_id"))
    desired_date: Mapped[date | None] = mapped_column(comment="A day in the doctor's zone; none: any day.")
    status: Mapped[str] = mapped_column(Text, server_default="waiting", comment="waiting, offered and paused are live.")
    created_at: Mapped[datetime] = stamped("When the patient joined.")
