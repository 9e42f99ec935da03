"""The query parameters `from` and `to`."""

from datetime import datetime
from typing import Annotated, NamedTuple

from litestar.params import QueryParameter
from msgspec import convert

from app.api.problems import FieldError, invalid_request
from app.domain.fields import Instant, in_utc
from app.domain.validation_messages import explain

FORMAT = "ISO 8601 with an offset, + written as %2B."
From = Annotated[
    str, QueryParameter(name="from", max_length=40, description=f"Start of the range, inclusive: {FORMAT}")
]
To = Annotated[str, QueryParameter(max_length=40, description=f"End of the range, exclusive: {FORMAT}")]


class TimeRange(NamedTuple):
    """The instants from `start`, inclusive, to `end`, exclusive. None: unbounded."""

    start: datetime | None
    end: datetime | None


def read_range(start: str, end: str) -> TimeRange:
    """Parse the parameters `from` and `to`; empty means unbounded. Raises ProblemError (400) if one is invalid."""
    return TimeRange(_instant("from", start), _instant("to", end))


def _instant(field: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        return in_utc(convert(text, Instant))
    except ValueError as error:  # includes msgspec's
        plus = " In a URL, write + as %2B." if " " in text else ""
        raise invalid_request([FieldError(field, explain(str(error)) + plus)]) from error
