"""Puts a mail together: its headers, its words in a locale, as text and as HTML, and what it says to calendars."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses

from app.domain.notifications.invitations import add_invitations
from app.domain.notifications.locale import Locale, without_control_characters
from app.domain.notifications.rendering import as_html, as_text
from app.domain.notifications.schemas import AccountNotification, AppointmentNotification


def sender_address(text: str) -> Address:
    """Read the sender's name and address from a From line. Raises ValueError unless it holds exactly one."""
    (name, address), *others = getaddresses([text])
    username, _, domain = address.rpartition("@")
    if others or not username or not domain:
        raise ValueError(f"DEFAULT_FROM_EMAIL must be like 'Appointments <appointments@example.com>', not {text!r}")
    return Address(name, username, domain)


def compose(
    notification: AppointmentNotification | AccountNotification, locale: Locale, sender: Address, at: datetime
) -> EmailMessage:
    """Write a notification's mail, as of the instant `at`; its Message-ID is the same at every attempt."""
    notification = without_control_characters(notification)
    words = locale.write(notification, at)
    username, _, domain = notification.email.rpartition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    # Address quotes whatever needs it, in name and address
    message["To"] = Address(notification.recipient or "", username, domain)
    message["Subject"] = words.subject
    message["Date"] = at
    message["Message-ID"] = f"<{notification.message_id}@{sender.domain}>"
    if notification.request_id:
        message["X-Request-ID"] = notification.request_id  # a question about this mail leads to the logs of its act
    message["Auto-Submitted"] = "auto-generated"  # no out-of-office answers, please (RFC 3834)
    paragraphs = [locale.salutation(notification.recipient), *words.paragraphs]
    message.set_content(as_text(paragraphs))
    message.add_alternative(as_html(words.subject, paragraphs, locale.language), subtype="html")
    if isinstance(notification, AppointmentNotification):
        add_invitations(message, notification, locale, sender, at)
    return message
