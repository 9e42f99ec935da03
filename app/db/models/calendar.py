"""Links for calendar programs."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, timestamp_column


class CalendarFeed(Base):
    __tablename__ = "calendar_feed"
    __table_args__ = (
        Index("calendar_feed_token_unique", "token_hash", unique=True),
        {"comment": "The private link with which calendar programs read an account's appointments."},
    )

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    token_hash: Mapped[bytes] = mapped_column(comment="SHA-256. The token in the link is not stored.")
    created_at: Mapped[datetime] = timestamp_column("When the link was made.")
