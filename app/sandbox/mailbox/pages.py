"""The mailbox over HTTP: JSON for programs, and two HTML pages."""

from collections.abc import MutableSequence
from html import escape

from litestar import Litestar, MediaType, Response, delete, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from app.sandbox.mailbox.messages import Attachment, Message

# Mails are untrusted: they are escaped, and the policy forbids them to load or run anything.
HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Mailbox</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #ddd; vertical-align: top }}
pre {{ white-space: pre-wrap; background: #f6f6f6; padding: 1rem }}
</style>
{content}
</html>
"""
NOTHING = "<h1>Mailbox</h1><p>No mails yet. All mails of this stack appear here and are not delivered.</p>"


def create_pages(messages: MutableSequence[Message]) -> Litestar:
    """Return the ASGI application that shows `messages`, oldest first in JSON, newest first in HTML."""

    @get("/messages")
    async def list_messages() -> list[Message]:
        return list(messages)

    @delete("/messages")
    async def empty() -> None:
        messages.clear()

    @get("/", media_type=MediaType.HTML)
    async def show_all() -> Response[str]:
        return _page(_list(messages) if messages else NOTHING)

    @get("/{number:int}", media_type=MediaType.HTML)
    async def show_one(number: FromPath[int]) -> Response[str]:
        for message in messages:
            if message.id == number:
                return _page(_message(message))
        raise NotFoundException(f"Message {number} does not exist.")

    return Litestar([list_messages, empty, show_all, show_one], openapi_config=None, logging_config=None)


def _page(content: str) -> Response[str]:
    return Response(PAGE.format(content=content), headers=HEADERS)


def _list(messages: MutableSequence[Message]) -> str:
    rows = "".join(
        f"<tr><td>{message.received_at:%H:%M:%S}</td><td>{escape(message.to)}</td>"
        f'<td><a href="/{message.id}">{escape(message.subject) or "(no subject)"}</a></td></tr>'
        for message in reversed(messages)
    )
    return f"<h1>Mailbox</h1><table><tr><th>Received (UTC)</th><th>To</th><th>Subject</th></tr>{rows}</table>"


def _message(message: Message) -> str:
    facts = {
        "From": message.sender,
        "To": message.to,
        "Received": f"{message.received_at:%Y-%m-%d %H:%M:%S} UTC",
        "Message-ID": message.message_id,
    }
    rows = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in facts.items())
    attachments = "".join(map(_attachment, message.attachments))
    return (
        f'<p><a href="/">All messages</a></p><h1>{escape(message.subject) or "(no subject)"}</h1>'
        f"<table>{rows}</table><pre>{escape(message.text)}</pre>{attachments}"
    )


def _attachment(attachment: Attachment) -> str:
    title = f"{attachment.filename} ({attachment.content_type})"
    return f"<h2>{escape(title)}</h2><pre>{escape(attachment.content)}</pre>"
