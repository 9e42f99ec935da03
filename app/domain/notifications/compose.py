"""Composes a mail: its headers, its text in a locale (plain and HTML), and its calendar invitations."""

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
    """Return the sender in a From line. Raises ValueError unless the line contains exactly one address."""
    (name, address), *others = getaddresses([text])
    username, _, domain = address.rpartition("@")
    if others or not username or not domain:
        raise ValueError(f"DEFAULT_FROM_EMAIL must be like 'Appointments <appointments@example.com>', not {text!r}")
    return Address(name, username, domain)


def compose(
    notification: AppointmentNotification | AccountNotification, locale: Locale, sender: Address, at: datetime
) -> EmailMessage:
    """Return the mail for a notification, as of the instant `at`. Its Message-ID is the same for every attempt."""
    notification = without_control_characters(notification)
    words = locale.write(notification, at)
    username, _, domain = notification.email.rpartition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    address = Address("", username, domain)
    # Address quotes special characters. Python drops the quotes of an address when it folds a header with a name.
    name = "" if str(address).startswith('"') else notification.recipient or ""
    message["To"] = Address(name, username, domain)
    message["Subject"] = words.subject
    message["Date"] = at
    message["Message-ID"] = f"<{notification.message_id}@{sender.domain}>"
    if notification.request_id:
        message["X-Request-ID"] = notification.request_id  # finds the log lines of the request that caused this mail
    message["Auto-Submitted"] = "auto-generated"  # suppresses out-of-office replies (RFC 3834)
    paragraphs = [locale.salutation(notification.recipient), *words.paragraphs]
    message.set_content(as_text(paragraphs))
    message.add_alternative(as_html(words.subject, paragraphs, locale.language), subtype="html")
    if isinstance(notification, AppointmentNotification):
        add_invitations(message, notification, locale, sender, at)
    return message
