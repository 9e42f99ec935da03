"""What all mails are made of."""

import re
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from app.domain.notifications.schemas import Envelope

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
WRITTEN = {"recipient", "doctor", "patient", "cancel_reason"}  # by people
Mail = TypeVar("Mail", bound=Envelope)


class Words(NamedTuple):
    """A mail's subject, and its text but for the salutation."""

    subject: str
    paragraphs: list[str]


def in_one_line(letter: Mail) -> Mail:
    """Return the letter with nothing in what people wrote that could end a header or a line of the text."""
    written = {name: getattr(letter, name) for name in letter.__struct_fields__ if name in WRITTEN}
    return replace(letter, **{name: CONTROL.sub(" ", text).strip() for name, text in written.items() if text})
