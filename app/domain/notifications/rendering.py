"""What is written in a mail, as plain text and as simple HTML: the same words, once for each kind of reader."""

from collections.abc import Iterable
from html import escape

INDENT = "  "  # begins a line that stands by itself: a time, a code, a link. Nothing that people wrote can begin so
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
    """Return a page of the paragraphs; whatever could be markup in them is shown as it was written."""
    body = "\n".join(f"<p>{'<br>'.join(map(_line, paragraph.splitlines()))}</p>" for paragraph in paragraphs)
    return PAGE.format(language=language, subject=escape(subject), body=body)


def _line(line: str) -> str:
    if not line.startswith(INDENT):
        return escape(line)
    text = escape(line.strip())
    if text.startswith(("https://", "http://")):
        return f'<a href="{text}">{text}</a>'
    return f"<strong>{text}</strong>"
