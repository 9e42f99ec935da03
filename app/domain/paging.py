"""Lists are bare JSON arrays, paged by `limit` and an opaque `cursor`; `Link` names the next page."""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.datastructures import ResponseHeader
from litestar.params import QueryParameter
from msgspec import convert

from app.domain.fields import Id, Instant, in_utc
from app.domain.problems import FieldError, invalid_request

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Rows on a page, 1 to 200.")]
Cursor = Annotated[
    str,
    QueryParameter(max_length=200, description="Where the page begins, from the `Link` of the one before."),
]
LINK = ResponseHeader(
    name="Link", value="", documentation_only=True, description='`<address>; rel="next"`, unless this page is the last.'
)
Row = TypeVar("Row")


def encode_cursor(*key: object) -> str:
    """Pack the key of a page's last row."""
    return base64.urlsafe_b64encode("\n".join(map(str, key)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *parse: Callable[[str], Any]) -> tuple[Any, ...]:
    """Unpack a cursor, each part by its parser. Raises ProblemError (400) for one that we did not make."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split("\n")
        return tuple(read(part) for read, part in zip(parse, parts, strict=True))
    except ValueError as error:  # base64's and msgspec's own are ones
        raise invalid_request(
            [FieldError("cursor", "Must be taken from the Link header of the page before.")]
        ) from error


def read_id(text: str) -> int:
    """Read an identifier from a cursor. Raises ValueError if it is none."""
    return convert(text, Id, strict=False)


def read_instant(text: str) -> datetime:
    """Read an instant from a cursor. Raises ValueError if it is none."""
    return in_utc(convert(text, Instant))


def page(
    request: Request[Any, Any, Any], rows: Sequence[Row], limit: int, key: Callable[[Row], str]
) -> Response[list[Row]]:
    """Answer with up to `limit` of `rows`; one more than that was read to know whether there is a next page."""
    shown = list(rows[:limit])
    headers = {}
    if len(rows) > limit:
        url = request.url.with_replacements(
            query=urlencode(request.query_params.dict() | {"cursor": key(shown[-1])}, doseq=True)
        )
        headers["Link"] = f'<{url}>; rel="next"'
    return Response(shown, headers=headers)
