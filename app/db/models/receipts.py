"""What has been done under an Idempotency-Key."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, timestamp_column


class Receipt(Base):
    __tablename__ = "receipt"
    __table_args__ = (
        Index("receipt_expiring", "created_at"),
        {"comment": "One for each request that was done under an Idempotency-Key; good for 24 hours."},
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    route: Mapped[str] = mapped_column(Text, primary_key=True, comment="The operation's id, and the ids in its path.")
    key: Mapped[str] = mapped_column(Text, primary_key=True, comment="The Idempotency-Key, chosen by the client.")
    fingerprint: Mapped[bytes] = mapped_column(comment="SHA-256 of the body: another one under this key is refused.")
    status: Mapped[int | None] = mapped_column(SmallInteger, comment="HTTP status of the answer.")
    answer: Mapped[bytes | None] = mapped_column(comment="The answer's body, to be given again byte for byte.")
    payment_id: Mapped[int | None] = mapped_column(
        ForeignKey("payment.id"), comment="In place of an answer: the payment that the key is bound to."
    )
    created_at: Mapped[datetime] = timestamp_column("When it was done.")
