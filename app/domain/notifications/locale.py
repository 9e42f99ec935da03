"""What all mails are made of, whatever their language."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from app.domain.notifications.schemas import AccountKind, AccountLetter, Envelope, Kind, Letter, Role

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
WRITTEN = {"recipient", "doctor", "patient", "cancel_reason"}  # by people
Mail = TypeVar("Mail", bound=Envelope)


class Words(NamedTuple):
    """A mail's subject, and its text but for the salutation."""

    subject: str
    paragraphs: list[str]


class Locale(NamedTuple):
    """Everything that mails say in one language; a kind of mail has words for each role of its reader."""

    language: str  # as HTML names it
    salutation: Callable[[str | None], str]  # of the reader's name, if it is known
    event: Callable[[str], str]  # the title in a calendar, by the name of the other party
    words: Mapping[tuple[Kind, Role], Callable[[Letter, datetime], Words]]  # as of an instant
    account_words: Mapping[AccountKind, Callable[[AccountLetter], Words]]

    def write(self, letter: Letter | AccountLetter, at: datetime) -> Words:
        """Return the words that a letter calls for, as of the instant `at`."""
        if isinstance(letter, AccountLetter):
            return self.account_words[letter.kind](letter)
        return self.words[letter.kind, letter.recipient_role](letter, at)


def in_one_line(letter: Mail) -> Mail:
    """Return the letter with nothing in what people wrote that could end a header or a line of the text."""
    written = {name: getattr(letter, name) for name in letter.__struct_fields__ if name in WRITTEN}
    return replace(letter, **{name: CONTROL.sub(" ", text).strip() for name, text in written.items() if text})
