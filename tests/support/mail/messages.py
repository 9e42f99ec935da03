"""Makes notifications, and reads the mails composed from them."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser
from typing import Any, Literal
from uuid import UUID

from app.domain.notifications.compose import compose
from app.domain.notifications.locales import en
from app.domain.notifications.schemas import AccountNotification, AppointmentNotification

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
START = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)
SENDER = Address("Appointments", "appointments", "clinic.example")
COMMON: dict[str, Any] = {
    "id": 1,
    "message_id": UUID(int=7),
    "email": "zoe@example.com",
    "recipient": "Zoë Müller",
    "timezone": "Europe/Berlin",
    "recipient_role": "patient",
    "request_id": None,
}
CONTENT_HEADERS = {"Content-Type", "MIME-Version"}


def make_message(start: datetime = START, **changes: Any) -> AppointmentNotification:
    columns: dict[str, Any] = COMMON | {
        "kind": "appointment_confirmed",
        "doctor": "Dr. Ada",
        "patient": "Zoë Müller",
        "starts_at": start,
        "ends_at": start + timedelta(minutes=30),
        "moved_from": start - timedelta(days=1),
        "also_canceled": [],
        "cancel_deadline": start - timedelta(hours=72),
        "canceled_by": None,
        "cancel_reason": None,
        "payment": "100.00 USD",
        "refunds": [],
        "calendar": [],
        "hold_expires_at": NOW + timedelta(minutes=15),
        "offer_id": 3,
        "offer_expires_at": start - timedelta(hours=76),
        "fee": "100.00 USD",
        "paid": None,
        "capture_id": None,
    }
    return AppointmentNotification(**columns | changes)


def make_account_message(**changes: Any) -> AccountNotification:
    columns: dict[str, Any] = COMMON | {
        "kind": "password_changed",
        "code_lifetime": None,
        "doctor": None,
        "waitlist_entry": None,
        "desired_date": None,
        "position": None,
    }
    return AccountNotification(**columns | changes)


def received(sent: AppointmentNotification | AccountNotification, at: datetime = NOW) -> EmailMessage:
    """Return the composed mail as a recipient parses it."""
    return message_from_bytes(compose(sent, en.LOCALE, SENDER, at).as_bytes(), _class=EmailMessage, policy=SMTP)


def text(sent: AppointmentNotification | AccountNotification, at: datetime = NOW) -> str:
    """Return the plain text of the mail."""
    return content(received(sent, at), "plain")


def content(mail: EmailMessage, form: Literal["plain", "html"]) -> str:
    """Return the plain text or the HTML of a mail."""
    body = mail.get_body((form,))
    assert body
    read: str = body.get_content()
    return read.replace("\r\n", "\n")


class Tags(HTMLParser):
    """Collects the tags of an HTML page with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, attrs))


def tags(page: str) -> list[tuple[str, Any]]:
    """Return the tags of a page with their attributes."""
    reader = Tags()
    reader.feed(page)
    return reader.found
