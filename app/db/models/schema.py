"""The state of the schema: repeatable SQL and releases."""

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, timestamp_column


class RepeatableSql(Base):
    """A file of `app/db/sql/` that was run."""

    __tablename__ = "repeatable_sql"
    __table_args__ = ({"comment": "The last run of each file of repeatable SQL. A changed file is run again."},)

    file: Mapped[str] = mapped_column(Text, primary_key=True, comment="The path below app/db/sql.")
    hash: Mapped[str] = mapped_column(Text, comment="SHA-256 of the file, in hexadecimal.")
    release: Mapped[str] = mapped_column(Text, comment="The release that ran it.")
    applied_at: Mapped[datetime] = timestamp_column("When it was run.")


class SchemaRelease(Base):
    """A release that has migrated this database."""

    __tablename__ = "schema_release"
    __table_args__ = ({"comment": "The releases that migrated this database. The last one is current."},)

    release: Mapped[str] = mapped_column(Text, primary_key=True, comment="The number of the release.")
    oldest_program: Mapped[str] = mapped_column(Text, comment="The oldest program that can run on the schema.")
    applied_at: Mapped[datetime] = timestamp_column("When its migration ended.")
