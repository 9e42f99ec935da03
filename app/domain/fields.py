"""Field types that several features share. They check the format of values; PostgreSQL checks the rules."""

from datetime import UTC, datetime
from typing import Annotated

from litestar.params import PathParameter, QueryParameter
from msgspec import Meta

from app.domain.validation_messages import pattern

END = r"$(?!\n)"  # in Python, $ alone also matches before a final newline
# Control characters would break mail headers and terminals, and PostgreSQL cannot store NUL.
# U+FFFD replaces bytes in a query string that are not UTF-8.
PRINTABLE = pattern(rf"^[^\x00-\x1f\x7f-\x9f\ufffd]*{END}", "Must be valid UTF-8 without control characters.")
NAME = pattern(
    rf"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\ufffd]*{END}", "Must be valid UTF-8 without control characters, and not blank."
)
PHONE = pattern(rf"^[0-9 +()./-]*{END}", "Must consist of digits, spaces and any of +()./-.")
CURRENCY = pattern(rf"^[A-Z]{{3}}{END}", "Must be an ISO 4217 code such as USD.")
CLOCK = pattern(rf"^([01][0-9]|2[0-3]):[0-5][0-9]{END}", "Must be a time such as 09:30.")
MONEY = pattern(rf"^[0-9]{{1,10}}(\.[0-9]{{1,2}})?{END}", 'Must be an amount such as "100.00".')

# Readers of JSON may round larger integers (RFC 8259, 6).
MAX_ID = 2**53 - 1
Id = Annotated[int, Meta(ge=1, le=MAX_ID, description="Identifier.")]
Instant = Annotated[datetime, Meta(tz=True, description="ISO 8601 with an offset; answers are UTC.")]
Name = Annotated[str, Meta(max_length=150, pattern=NAME, examples=["Ada Lovelace"])]
ShortText = Annotated[str, Meta(max_length=150, pattern=PRINTABLE)]
Phone = Annotated[str, Meta(max_length=40, pattern=PHONE, examples=["+49 30 1234567"])]
TimeZone = Annotated[str, Meta(max_length=64, pattern=PRINTABLE, examples=["Europe/Berlin"], description="IANA name.")]
Currency = Annotated[str, Meta(pattern=CURRENCY, examples=["USD"], description="ISO 4217.")]
Reason = Annotated[str, Meta(max_length=500, pattern=PRINTABLE)]
Money = Annotated[str, Meta(pattern=MONEY, examples=["100.00"])]

PathId = Annotated[int, PathParameter(ge=1, le=MAX_ID)]
SearchText = Annotated[str, QueryParameter(max_length=150, pattern=PRINTABLE)]


def in_utc(instant: datetime) -> datetime:
    """Return an instant in UTC. Raises ValueError near the first and last instants that Python supports."""
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("This date is out of range.") from error
