"""The types of fields that several features share: they refuse what is malformed; what is forbidden, PostgreSQL."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

# Control characters would break mail headers and terminals, and PostgreSQL cannot store NUL.
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]*$"

Id = Annotated[int, Meta(ge=1, le=2_147_483_647, description="Identifier.")]
Instant = Annotated[datetime, Meta(tz=True, description="ISO 8601 with an offset; answers are UTC.")]
Name = Annotated[str, Meta(min_length=1, max_length=150, pattern=PRINTABLE)]
ShortText = Annotated[str, Meta(max_length=150, pattern=PRINTABLE)]
Phone = Annotated[str, Meta(max_length=40, pattern=r"^[0-9 +()./-]*$", examples=["+49 30 1234567"])]
TimeZone = Annotated[str, Meta(max_length=64, pattern=PRINTABLE, examples=["Europe/Berlin"], description="IANA name.")]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", examples=["USD"], description="ISO 4217.")]
Money = Annotated[str, Meta(pattern=r"^\d{1,10}(\.\d{1,2})?$", examples=["100.00"])]
