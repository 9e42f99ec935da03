"""What has become of things, who did it and when."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Index, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base


class History(Base):
    __tablename__ = "history"
    __table_args__ = (
        Index("history_by_time", "object_kind", "changed_at"),
        {
            "comment": "Every change of an appointment, waitlist entry, payment, refund, account's status and policy."
            " Triggers add to it, nobody else; each object's records are a chain of hashes: admin.verify_history()."
        },
    )

    object_kind: Mapped[str] = mapped_column(Text, primary_key=True, comment="The table of what changed.")
    object_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="Its id there; of the policy 1."
    )
    number: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 ... for each object."
    )
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), comment="When.")
    transaction_id: Mapped[int] = mapped_column(
        BigInteger, comment="What changed together has the same one (pg_current_xact_id())."
    )
    database_role: Mapped[str] = mapped_column(Text, comment="Who was logged in at PostgreSQL.")
    acted_as: Mapped[str] = mapped_column(
        Text, comment="patient, doctor, payer, payment, system (the service by itself) or admin."
    )
    account_id: Mapped[int | None] = mapped_column(
        BigInteger, comment="Whose request it was; none: nobody's who has an account."
    )
    was: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="What changed, as it was before; none: it began here."
    )
    becomes: Mapped[dict[str, Any]] = mapped_column(
        JSONB, comment="All that history keeps of it, as it was from then on."
    )
    hash: Mapped[bytes] = mapped_column(
        LargeBinary, comment="SHA-256 of this record and of the hash before it in its chain; see history_hash()."
    )
