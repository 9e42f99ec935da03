"""Working hours and time off."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import HALF_OPEN, Base, timestamp_column


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
        # covers the search of many doctors' hours on one day (index-only scan)
        Index("working_hours_of_day", "weekday", "doctor_id", postgresql_include=["start_minute", "end_minute"]),
        {"comment": "A doctor's weekly working hours, as intervals of the local day. None crosses midnight."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.account_id", ondelete="CASCADE"))
    weekday: Mapped[int] = mapped_column(SmallInteger, comment="ISO: 1 Monday to 7 Sunday.")
    start_minute: Mapped[int] = mapped_column(SmallInteger, comment="Minutes after local midnight, 0 to 1439.")
    end_minute: Mapped[int] = mapped_column(SmallInteger, comment="Minutes after local midnight, up to 1440.")


class TimeOff(Base):
    __tablename__ = "time_off"
    __table_args__ = (
        CheckConstraint(HALF_OPEN, name="time_off_during_valid"),
        # one index for the doctor and the overlap, which every booking checks
        Index("time_off_of_doctor", "doctor_id", "during", postgresql_using="gist"),
        {"comment": "A doctor's absences. They never cover an appointment that a patient holds."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.account_id", ondelete="CASCADE"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE, comment="[start, end).")
    reason: Mapped[str | None] = mapped_column(Text, comment="Shown to patients whose appointments are canceled.")
    created_at: Mapped[datetime] = timestamp_column("When the time off was entered.")
