"""What all mails are made of, whatever their language.

The words of a mail are a Python function. A template language would be a second language to learn, with as many words.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from app.domain.notifications.schemas import (
    AccountKind,
    AccountNotification,
    AppointmentNotification,
    Kind,
    NotificationBase,
    Role,
)

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
FREE_TEXT_FIELDS = {"recipient", "doctor", "patient", "cancel_reason"}  # by people
Mail = TypeVar("Mail", bound=NotificationBase)


class MailText(NamedTuple):
    """A mail's subject, and its text but for the salutation."""

    subject: str
    paragraphs: list[str]


class Locale(NamedTuple):
    """Everything that mails say in one language; a kind of mail has words for each role of its reader."""

    language: str  # as HTML names it
    salutation: Callable[[str | None], str]  # of the reader's name, if it is known
    event: Callable[[str], str]  # the title in a calendar, by the name of the other party
    words: Mapping[tuple[Kind, Role], Callable[[AppointmentNotification, datetime], MailText]]  # as of an instant
    account_texts: Mapping[AccountKind, Callable[[AccountNotification], MailText]]

    def write(self, notification: AppointmentNotification | AccountNotification, at: datetime) -> MailText:
        """Return the words that a notification calls for, as of the instant `at`."""
        if isinstance(notification, AccountNotification):
            return self.account_texts[notification.kind](notification)
        return self.words[notification.kind, notification.recipient_role](notification, at)


def without_control_characters(notification: Mail) -> Mail:
    """Return the notification with nothing in what people wrote that could end a header or a line of the text."""
    written = {name: getattr(notification, name) for name in notification.__struct_fields__ if name in FREE_TEXT_FIELDS}
    return replace(notification, **{name: CONTROL.sub(" ", text).strip() for name, text in written.items() if text})
