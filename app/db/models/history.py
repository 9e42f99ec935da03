"""The history: who changed what, and when."""

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
            "comment": "Every change of an appointment, waitlist entry, payment, refund, account status or policy."
            " Only triggers write it. Hashes chain the records of an object: admin.verify_history()."
        },
    )

    object_kind: Mapped[str] = mapped_column(Text, primary_key=True, comment="The table of the changed object.")
    object_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="The id in that table. 1 for the policy."
    )
    number: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 ... for each object."
    )
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), comment="When the change was made.")
    transaction_id: Mapped[int] = mapped_column(
        BigInteger, comment="The transaction (pg_current_xact_id()). Changes made together share it."
    )
    database_role: Mapped[str] = mapped_column(Text, comment="The PostgreSQL login.")
    acted_as: Mapped[str] = mapped_column(
        Text, comment="patient, doctor, payer, payment, system (the service itself) or admin."
    )
    account_id: Mapped[int | None] = mapped_column(BigInteger, comment="The account that made the request. NULL: none.")
    was: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="The changed columns, before the change. NULL: the object was created."
    )
    becomes: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="The recorded columns, after the change.")
    hash: Mapped[bytes] = mapped_column(
        LargeBinary, comment="SHA-256 of this record and the previous hash of the object; see history_hash()."
    )
