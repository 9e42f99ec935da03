"""The query parameters `from` and `to`."""

from datetime import datetime
from typing import Annotated, NamedTuple

from litestar.params import QueryParameter
from msgspec import convert

from app.api.problems import FieldError, invalid_request
from app.domain.fields import Instant, in_utc
from app.domain.validation_messages import explain

OFFSET = "ISO 8601 with an offset; + is written %2B."
From = Annotated[str, QueryParameter(name="from", max_length=40, description=OFFSET)]
To = Annotated[str, QueryParameter(max_length=40, description=OFFSET)]


class TimeRange(NamedTuple):
    """Instants from `start` on and before `end`; None: not bounded."""

    start: datetime | None
    end: datetime | None


def read_range(start: str, end: str) -> TimeRange:
    """Read the query parameters `from` and `to`; empty: not bounded. Raises ProblemError (400) if one is no instant."""
    return TimeRange(_instant("from", start), _instant("to", end))


def _instant(field: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        return in_utc(convert(text, Instant))
    except ValueError as error:  # msgspec's own is one
        plus = " In an address, write + as %2B." if " " in text else ""
        raise invalid_request([FieldError(field, explain(str(error)) + plus)]) from error
