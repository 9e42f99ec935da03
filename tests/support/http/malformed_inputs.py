"""Invalid bodies, fields, path parameters and query parameters."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

MEGABYTE = 1_000_000
NESTING_DEPTH = 5_000
HUGE_NUMBER = "a number beyond all numbers"  # a placeholder for 1e400, which json.dumps cannot write

# Wrong values for a field. Those that its schema allows are not sent.
VALUES: tuple[Any, ...] = (
    *(None, True, "", "text", "null", "1", 0, -1, 1.5, 2**53, 2**63, 10**30, -(10**30), HUGE_NUMBER),
    *([], {}, [1], {"a": 1}, "a\x00b", "\x1b[2J", "new\nline\n", "\ufffd", "x" * MEGABYTE, "é" * 300),
    *(
        "2026-12-01",
        "2026-12-01T10:00:00",
        "2026-13-01T10:00:00Z",
        "10000-01-01T00:00:00Z",
        "2026-12-01T10:00:00 01:00",
    ),
)
TIMES_OUTSIDE_UTC_RANGE = ("9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00")

IDS = ("0", "-1", str(2**53), str(2**63), str(10**30), "9" * 5_000, "1.5", "1e1", "abc", "null", "%00", "%FF", "1%00")

CURSORS = [urlsafe_b64encode(key).decode().rstrip("=") for key in (b"0", b"-1", b"x", b"1\n2\n3", b"\xff", b"9" * 40)]
QUERIES: dict[str, tuple[str, ...]] = {
    "limit": ("", "0", "-1", "5001", "1.5", "abc", "null", "%00", "%FF", str(10**30), "9" * 5_000),
    "cursor": ("abc", "!", "%00", "%FF", "x" * 201, *CURSORS),
    "from": (
        *("abc", "null", "2026-12-01", "2026-12-01T10:00:00", "2026-12-01T10:00:00+01:00", "%00", "%FF", "1" * 41),
        *(time.replace("+", "%2B") for time in TIMES_OUTSIDE_UTC_RANGE),
    ),
    "status": ("", "abc", "null", "%00", "%FF", "pending%00"),
    "specialty": ("%00", "%FF", "%ED%A0%80", "%0A", "x" * 151),
}
QUERIES["token"] = ("%00", "%FF", "%0A", "x" * 65)
QUERIES |= {"to": QUERIES["from"], "name": QUERIES["specialty"]}


def encoded(body: dict[str, Any]) -> bytes:
    """Return a body as JSON, with 1e400 in place of HUGE_NUMBER."""
    return json.dumps(body).replace(json.dumps(HUGE_NUMBER), "1e400").encode()


def broken_bodies(good: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield bodies that are not a valid JSON object for the operation, each with a name."""
    text = encoded(good)
    first = json.dumps(next(iter(good))).encode()
    yield from {
        "an array": b"[" + text + b"]",
        "a string": b'"text"',
        "a number": b"1",
        "true": b"true",
        "cut short": text[:-1],
        "no value": b"{" + first + b":}",
        "two bodies": text + text,
        "a trailing comma": text[:-1] + b",}",
        "single quotes": text.replace(b'"', b"'"),
        "NaN": b"{" + first + b": NaN}",
        "a comment": b"/* */" + text,
        "a byte order mark": b"\xef\xbb\xbf" + text,
        "UTF-16": text.decode().encode("utf-16"),
        "NUL bytes": b"\x00" * 100,
        "bytes that are no UTF-8": b'{"\xff": 1}',
        "a lone surrogate as a name": b'{"\\ud800": 1}',
        "a form": b"a=1&b=2",
        "XML": b"<?xml version='1.0'?><a/>",
        "an unknown field": encoded(good | {"unknown": 1}),
        "a field with NUL": encoded(good | {"a\x00": 1}),
        "deep in an unknown field": b'{"unknown": ' + b"[" * NESTING_DEPTH + b"]" * NESTING_DEPTH + b", " + text[1:],
        "deep arrays": b"[" * NESTING_DEPTH + b"]" * NESTING_DEPTH,
        "deep objects": b'{"a":' * NESTING_DEPTH + b"1" + b"}" * NESTING_DEPTH,
        "deep and never closed": b"[" * NESTING_DEPTH,
    }.items()


def broken_fields(good: dict[str, Any]) -> Iterator[bytes]:
    """Yield bodies with one field that is invalid for every type."""
    for field, value in good.items():
        name = json.dumps(field).encode()
        rest = encoded({key: value for key, value in good.items() if key != field})[1:]
        comma = b"," if len(good) > 1 else b""
        for wrong in (b'"\\ud800"', b'"\xff"', b"[" * NESTING_DEPTH + b"]" * NESTING_DEPTH, b'{"a":' * NESTING_DEPTH):
            yield b"{" + name + b": " + wrong + comma + rest
        yield encoded(good)[:-1] + b", " + name + b": " + json.dumps(value).encode() + b"}"  # given twice
