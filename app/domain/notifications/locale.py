"""The structure of a locale: the texts that each language provides for the mails.

The texts are Python functions: a template language would be a second language to learn.
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
FREE_TEXT_FIELDS = {"recipient", "doctor", "patient", "cancel_reason"}  # written by people
Mail = TypeVar("Mail", bound=NotificationBase)


class MailText(NamedTuple):
    """A mail's subject, and its paragraphs without the salutation."""

    subject: str
    paragraphs: list[str]


class Locale(NamedTuple):
    """All mail texts of one language. Each kind of mail has a text for each role of its recipient."""

    language: str  # the value of HTML's `lang`
    salutation: Callable[[str | None], str]  # takes the recipient's name, or None if it is unknown
    event: Callable[[str], str]  # takes the other party's name, returns the title in a calendar
    words: Mapping[tuple[Kind, Role], Callable[[AppointmentNotification, datetime], MailText]]  # as of an instant
    account_texts: Mapping[AccountKind, Callable[[AccountNotification], MailText]]

    def write(self, notification: AppointmentNotification | AccountNotification, at: datetime) -> MailText:
        """Return the text for a notification, as of the instant `at`."""
        if isinstance(notification, AccountNotification):
            return self.account_texts[notification.kind](notification)
        return self.words[notification.kind, notification.recipient_role](notification, at)


def without_control_characters(notification: Mail) -> Mail:
    """Return the notification with control characters in free text replaced by spaces.

    They could otherwise end a header or a line of the text.
    """
    written = {name: getattr(notification, name) for name in notification.__struct_fields__ if name in FREE_TEXT_FIELDS}
    return replace(notification, **{name: CONTROL.sub(" ", text).strip() for name, text in written.items() if text})
