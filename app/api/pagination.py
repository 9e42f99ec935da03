"""Pagination of JSON arrays by `limit` and an opaque `cursor`. The `Link` header names the next page."""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.datastructures import ResponseHeader
from litestar.params import QueryParameter
from msgspec import convert

from app.api.problems import FieldError, invalid_request
from app.domain.fields import Id, Instant, in_utc

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Maximum number of items on a page, 1 to 200.")]
Cursor = Annotated[
    str,
    QueryParameter(
        max_length=200,
        description="Start of the page, from the `Link` header of the previous page. Default: the first.",
    ),
]
LINK = ResponseHeader(
    name="Link",
    value="",
    documentation_only=True,
    description='Address of the next page: `<address>; rel="next"`. Absent on the last page.',
)
Row = TypeVar("Row")


class Keyset(NamedTuple):
    """The key that orders a list. A page starts after a key, so that new and deleted rows do not shift it."""

    name: str  # of the list; cursors of other lists are refused
    parse: tuple[Callable[[str], Any], ...]
    first: tuple[Any, ...]  # sorts before every key

    def after(self, cursor: str) -> tuple[Any, ...]:
        """Return the key after which a page starts. Raises ProblemError (400) if the cursor is not from this list."""
        if not cursor:
            return self.first
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            name, *parts, end = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split("\n")
            if name != self.name or end:
                raise ValueError(name)
            return tuple(read(part) for read, part in zip(self.parse, parts, strict=True))
        except ValueError as error:  # includes the errors of base64 and msgspec
            raise invalid_request(
                [FieldError("cursor", "Must be taken from the Link header of this list's previous page.")]
            ) from error

    def cursor(self, *key: object) -> str:
        """Encode the key of a page's last row."""
        text = "\n".join(map(str, (self.name, *key, "")))  # the last newline reveals a truncated cursor
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_id(text: str) -> int:
    """Parse an identifier from a cursor. Raises ValueError if it is invalid."""
    return convert(text, Id, strict=False)


def read_instant(text: str) -> datetime:
    """Parse an instant from a cursor. Raises ValueError if it is invalid."""
    return in_utc(convert(text, Instant))


def page(
    request: Request[Any, Any, Any], rows: Sequence[Row], limit: int, cursor: Callable[[Row], str]
) -> Response[list[Row]]:
    """Return the first `limit` of `rows`. If there are more rows, a Link header names the next page."""
    shown = list(rows[:limit])
    headers = {}
    if len(rows) > limit:
        url = request.url.with_replacements(
            query=urlencode(request.query_params.dict() | {"cursor": cursor(shown[-1])}, doseq=True)
        )
        headers["Link"] = f'<{url}>; rel="next"'
    return Response(shown, headers=headers)
