"""Receipts of requests with an Idempotency-Key."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, timestamp_column


class Receipt(Base):
    __tablename__ = "receipt"
    __table_args__ = (
        Index("receipt_expiring", "created_at"),
        {"comment": "The executed requests with an Idempotency-Key. Kept for 24 hours."},
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    route: Mapped[str] = mapped_column(Text, primary_key=True, comment="The operation id, and the ids in the path.")
    key: Mapped[str] = mapped_column(Text, primary_key=True, comment="The Idempotency-Key, chosen by the client.")
    fingerprint: Mapped[bytes] = mapped_column(
        comment="SHA-256 of the body. Another body with the same key is refused."
    )
    status: Mapped[int | None] = mapped_column(SmallInteger, comment="The HTTP status of the answer.")
    answer: Mapped[bytes | None] = mapped_column(comment="The body of the answer, which is repeated byte for byte.")
    payment_id: Mapped[int | None] = mapped_column(
        ForeignKey("payment.id"), comment="The payment of the request, instead of a stored answer."
    )
    created_at: Mapped[datetime] = timestamp_column("When the request was executed.")
