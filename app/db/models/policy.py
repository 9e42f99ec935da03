"""The numbers an admin may tune."""

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
    reminder_lead: Mapped[timedelta] = mapped_column(
        INTERVAL, server_default="24 h", comment="How long before an appointment its patient is reminded of it."
    )
    require_verified_doctor: Mapped[bool] = mapped_column(
        server_default=text("true"), comment="Whether doctors are listed and booked only once they are verified."
    )
    offer_first_wave: Mapped[int] = mapped_column(
        SmallInteger,
        server_default="3",
        comment="How many are offered a freed slot at once; then twice as many, and so on.",
    )
    offer_min_notice: Mapped[timedelta] = mapped_column(
        INTERVAL, server_default="2 h", comment="A slot that starts sooner is offered to nobody."
    )
    offer_waves: Mapped[int] = mapped_column(
        SmallInteger, server_default="4", comment="How long an offer is good, in times from a wave to the next."
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
