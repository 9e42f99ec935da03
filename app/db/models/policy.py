"""The settings that an admin can change."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Numeric, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY, CHAR, INTERVAL
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base


class Policy(Base):
    __tablename__ = "policy"
    __table_args__ = (
        CheckConstraint("id", name="policy_one_row"),
        CheckConstraint("hold_minutes BETWEEN 1 AND 1440", name="policy_hold_minutes_valid"),
        CheckConstraint("review_hours BETWEEN 1 AND 336", name="policy_review_hours_valid"),
        CheckConstraint("patient_hold_limit BETWEEN 1 AND 30", name="policy_patient_hold_limit_valid"),
        CheckConstraint("offer_first_wave BETWEEN 1 AND 100", name="policy_offer_first_wave_valid"),
        CheckConstraint(
            "offer_min_notice BETWEEN interval '0' AND interval '72 h'", name="policy_offer_min_notice_valid"
        ),
        CheckConstraint("offer_waves BETWEEN 1 AND 24", name="policy_offer_waves_valid"),
        CheckConstraint("reminder_lead BETWEEN interval '1 h' AND interval '168 h'", name="policy_reminder_lead_valid"),
        CheckConstraint("default_fee >= 0 AND default_fee <= max_fee", name="policy_default_fee_valid"),
        CheckConstraint("default_currency = ANY (currencies)", name="policy_default_currency_valid"),
        CheckConstraint("max_fee BETWEEN 0 AND 1000000", name="policy_max_fee_valid"),
        {"comment": "The settings that an admin can change, in one row. 30 appointments, 360 and 72 hours are fixed."},
    )

    id: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"), comment="Always true.")
    hold_minutes: Mapped[int] = mapped_column(
        SmallInteger, server_default="15", comment="How long an unpaid booking holds its slot, in minutes."
    )
    review_hours: Mapped[int] = mapped_column(
        SmallInteger, server_default="24", comment="How long a slot is kept while PayPal reviews the payment, in hours."
    )
    patient_hold_limit: Mapped[int] = mapped_column(
        SmallInteger, server_default="5", comment="The maximum number of unpaid holds of a patient."
    )
    reminder_lead: Mapped[timedelta] = mapped_column(
        INTERVAL, server_default="24 h", comment="How long before an appointment its patient gets a reminder."
    )
    require_verified_doctor: Mapped[bool] = mapped_column(
        server_default=text("true"), comment="Whether doctors must be verified before they are listed and booked."
    )
    offer_first_wave: Mapped[int] = mapped_column(
        SmallInteger,
        server_default="3",
        comment="The number of patients in the first wave of offers. Each further wave is twice as large.",
    )
    offer_min_notice: Mapped[timedelta] = mapped_column(
        INTERVAL, server_default="2 h", comment="Slots that start sooner are not offered."
    )
    offer_waves: Mapped[int] = mapped_column(
        SmallInteger, server_default="4", comment="How long an offer is valid, in intervals between waves."
    )
    default_fee: Mapped[Decimal] = mapped_column(
        Numeric(12, 2), server_default="100.00", comment="The default fee of a doctor."
    )
    default_currency: Mapped[str] = mapped_column(
        CHAR(3), server_default="USD", comment="The default currency of a doctor."
    )
    max_fee: Mapped[Decimal] = mapped_column(
        Numeric(12, 2), server_default="10000.00", comment="The highest allowed fee."
    )
    currencies: Mapped[list[Any]] = mapped_column(
        ARRAY(CHAR(3)),
        server_default=text("'{AUD,CAD,CHF,EUR,GBP,JPY,USD}'"),
        comment="The allowed currencies, ISO 4217.",
    )
