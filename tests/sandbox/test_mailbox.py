"""The mailbox: its pages show what an SMTP client has sent."""

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
import pytest
from httpx import AsyncClient

from app.sandbox.mailbox import server as mailbox_module
from app.sandbox.mailbox.server import Mailbox

CALENDAR = "BEGIN:VCALENDAR\r\nSUMMARY:Zahnärztin\r\nEND:VCALENDAR\r\n"


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    await box.start()
    yield box
    await box.stop()


@pytest.fixture
async def client(mailbox: Mailbox) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(base_url=mailbox.url, trust_env=False) as http:
        yield http


def make_mail(subject: str = "A slot is free", text: str = "Dear Zoë, come at 9 o'clock, please.") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Praxis Müller <praxis@example.org>"
    message["To"] = "Zoë <zoe@example.org>"
    message["Subject"] = subject
    message["Message-ID"] = "<42.1@example.org>"
    message.set_content(text)
    return message


async def send(mailbox: Mailbox, message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname="127.0.0.1", port=mailbox.smtp_port, start_tls=False)


async def test_a_mail_arrives_as_it_was_sent(mailbox: Mailbox, client: AsyncClient) -> None:
    message = make_mail("Ein Termin für Zoë")
    message.add_attachment(CALENDAR, subtype="calendar", filename="invite.ics")
    message.add_attachment(b"\x00\xff", maintype="application", subtype="octet-stream", filename="zwei Bytes.bin")
    await send(mailbox, message)
    (received,) = (await client.get("/messages")).json()
    assert received.pop("received_at").endswith("Z")
    calendar, binary = received.pop("attachments")
    assert received == {
        "id": 1,
        "to": "zoe@example.org",
        "from": "Praxis Müller <praxis@example.org>",
        "subject": "Ein Termin für Zoë",
        "text": "Dear Zoë, come at 9 o'clock, please.\n",
        "message_id": "<42.1@example.org>",
    }
    assert (calendar["filename"], calendar["content_type"]) == ("invite.ics", "text/calendar")
    assert calendar["content"].splitlines() == CALENDAR.splitlines()
    assert binary == {
        "filename": "zwei Bytes.bin",
        "content_type": "application/octet-stream",
        "content": "AP8=",
    }


async def test_an_address_may_be_non_ascii(mailbox: Mailbox, client: AsyncClient) -> None:
    message = make_mail()
    message.replace_header("To", "Zoë <zoë@exämple.org>")
    await send(mailbox, message)
    (received,) = (await client.get("/messages")).json()
    assert received["to"] == "zoë@exämple.org"


async def test_an_invitation_is_an_attachment_even_as_an_alternative(mailbox: Mailbox, client: AsyncClient) -> None:
    message = make_mail()
    message.add_alternative(CALENDAR, subtype="calendar", params={"method": "REQUEST"})
    await send(mailbox, message)
    (received,) = (await client.get("/messages")).json()
    assert [attachment["content_type"] for attachment in received["attachments"]] == ["text/calendar"]


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n",
        b"no header at all\r\n",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--y\r\n",
        b"Subject: \xff\xfe\r\nFrom: <\r\nMessage-ID: <<\r\n\r\n\x00\r\n",
    ],
)
async def test_a_broken_mail_is_shown_as_well_as_it_can_be(mailbox: Mailbox, client: AsyncClient, raw: bytes) -> None:
    smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=mailbox.smtp_port, start_tls=False)
    async with smtp:
        await smtp.sendmail("a@example.org", ["b@example.org"], raw)
    (received,) = (await client.get("/messages")).json()
    assert received["to"] == "b@example.org"
    assert (await client.get("/1")).status_code == 200


async def test_messages_are_oldest_first_and_can_be_deleted(mailbox: Mailbox, client: AsyncClient) -> None:
    for subject in ("first", "second"):
        await send(mailbox, make_mail(subject))
    assert [message["subject"] for message in (await client.get("/messages")).json()] == ["first", "second"]
    assert (await client.delete("/messages")).status_code == 204
    assert (await client.get("/messages")).json() == []


async def test_only_the_last_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox_module, "MAX_MESSAGES", 2)
    box = Mailbox()
    await box.start()
    for number in range(3):
        await send(box, make_mail(str(number)))
    assert [kept.subject for kept in box.messages] == ["1", "2"]
    await box.stop()


async def test_people_see_a_list_and_each_mail(mailbox: Mailbox, client: AsyncClient) -> None:
    assert "No mails yet" in (await client.get("/")).text
    await send(mailbox, make_mail("<script>alert(1)</script>", "<b>bold</b>"))
    listed = await client.get("/")
    assert '<a href="/1">&lt;script&gt;alert(1)&lt;/script&gt;</a>' in listed.text
    shown = await client.get("/1")
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown.text
    assert "<script>" not in listed.text + shown.text
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert (await client.get("/2")).status_code == 404


async def test_it_stops_while_clients_are_connected() -> None:
    box = Mailbox()
    await box.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", box.smtp_port)
    assert (await reader.readline()).startswith(b"220")
    await asyncio.wait_for(box.stop(), 5)
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
