"""The base class of all tables."""

from datetime import datetime

from advanced_alchemy.base import CommonTableAttributes
from sqlalchemy import DateTime, MetaData, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# A missing bound is NULL, and a CHECK accepts an unknown result, so missing bounds are checked separately.
HALF_OPEN = (
    "lower_inc(during) AND NOT upper_inc(during) AND NOT upper_inf(during) AND NOT isempty(during)"
    " AND isfinite(lower(during)) AND isfinite(upper(during))"
)


class Base(CommonTableAttributes, DeclarativeBase):
    """The base of all tables. Keys are named by one convention, because a constraint's name is the name of its rule.

    Ids are BigInteger. A refused insert also uses up an id: at 371 refused bookings a second, 32 bits last 67 days.
    """

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_name)s_fkey",
        }
    )


def timestamp_column(comment: str) -> Mapped[datetime]:
    return mapped_column(DateTime(timezone=True), server_default=text("now()"), comment=comment)
