"""The mails that the mailbox keeps."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import SMTPUTF8

import msgspec
from msgspec.structs import replace


class Attachment(msgspec.Struct, frozen=True):
    """An attachment. `content` is its text, or base64 for types other than text."""

    filename: str
    content_type: str
    content: str


class Message(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    """A received mail. `to` contains the recipients of the delivery, separated by commas."""

    id: int
    to: str
    sender: str
    subject: str
    text: str
    attachments: list[Attachment]
    message_id: str
    received_at: datetime


def parse_message(number: int, recipients: list[str], content: bytes) -> Message:
    """Parse a mail. If it cannot be parsed, its text is the whole content."""
    parsed = Message(number, ", ".join(recipients), "", "", "", [], "", datetime.now(UTC))
    try:
        return _parsed(parsed, message_from_bytes(content, _class=EmailMessage, policy=SMTPUTF8))
    except Exception:  # noqa: BLE001  the email package raises many types of errors for broken headers
        return replace(parsed, subject="(unreadable)", text=content.decode("utf-8", "replace"))


def _parsed(parsed: Message, message: EmailMessage) -> Message:
    body = message.get_body(("plain", "html"))
    return replace(
        parsed,
        sender=str(message.get("From", "")),
        subject=str(message.get("Subject", "")),
        text=_text(body).replace("\r\n", "\n") if body else "",
        attachments=[_attachment(part) for part in _files(message)],
        message_id=str(message.get("Message-ID", "")),
    )


def _files(message: EmailMessage) -> Iterator[MIMEPart]:
    """Yield the parts other than the body: attachments, and alternatives such as invitations."""
    for part in message.walk():
        body = part.get_content_type() in {"text/plain", "text/html"} and not part.is_attachment()
        if not body and not part.is_multipart():
            yield part


def _attachment(part: MIMEPart) -> Attachment:
    is_text = part.get_content_maintype() == "text"
    content = _text(part) if is_text else base64.b64encode(_payload(part)).decode()
    return Attachment(part.get_filename(""), part.get_content_type(), content)


def _text(part: MIMEPart) -> str:
    try:
        return _payload(part).decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:  # unknown charset
        return _payload(part).decode("utf-8", "replace")


def _payload(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
