"""Renders the same paragraphs as plain text and as simple HTML."""

from collections.abc import Iterable
from html import escape

INDENT = "  "  # starts a line with only a time, a code or a link; text written by people cannot start with it
PAGE = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{subject}</title></head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 40em">
{body}
</body>
</html>
"""


def as_text(paragraphs: Iterable[str]) -> str:
    """Return the paragraphs with an empty line between them."""
    return "\n\n".join(paragraphs) + "\n"


def as_html(subject: str, paragraphs: Iterable[str], language: str) -> str:
    """Return an HTML page of the paragraphs, with their text escaped."""
    body = "\n".join(f"<p>{'<br>'.join(map(_line, paragraph.splitlines()))}</p>" for paragraph in paragraphs)
    return PAGE.format(language=language, subject=escape(subject), body=body)


def _line(line: str) -> str:
    if not line.startswith(INDENT):
        return escape(line)
    text = escape(line.strip())
    if text.startswith(("https://", "http://")):
        return f'<a href="{text}">{text}</a>'
    return f"<strong>{text}</strong>"
