"""Lists are bare JSON arrays, paged by `limit` and an opaque `cursor`; `Link` names the next page."""

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

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Rows on a page, 1 to 200.")]
Cursor = Annotated[
    str,
    QueryParameter(max_length=200, description="Where the page begins, from the `Link` of the one before."),
]
LINK = ResponseHeader(
    name="Link", value="", documentation_only=True, description='`<address>; rel="next"`, unless this page is the last.'
)
Row = TypeVar("Row")


class Keyset(NamedTuple):
    """The key that orders a list. Pages go on behind a key, so rows that come and go shift no others."""

    name: str  # of the list; a cursor of another is refused
    parse: tuple[Callable[[str], Any], ...]
    first: tuple[Any, ...]  # before any key

    def after(self, cursor: str) -> tuple[Any, ...]:
        """Return the key that a page goes on behind. Raises ProblemError (400) for a cursor that is not this list's."""
        if not cursor:
            return self.first
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            name, *parts, end = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split("\n")
            if name != self.name or end:
                raise ValueError(name)
            return tuple(read(part) for read, part in zip(self.parse, parts, strict=True))
        except ValueError as error:  # base64's and msgspec's own are ones
            raise invalid_request(
                [FieldError("cursor", "Must be taken from the Link header of this list's page before.")]
            ) from error

    def cursor(self, *key: object) -> str:
        """Pack the key of a page's last row."""
        text = "\n".join(map(str, (self.name, *key, "")))  # what is cut short has another end
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_id(text: str) -> int:
    """Read an identifier from a cursor. Raises ValueError if it is none."""
    return convert(text, Id, strict=False)


def read_instant(text: str) -> datetime:
    """Read an instant from a cursor. Raises ValueError if it is none."""
    return in_utc(convert(text, Instant))


def page(
    request: Request[Any, Any, Any], rows: Sequence[Row], limit: int, cursor: Callable[[Row], str]
) -> Response[list[Row]]:
    """Answer with up to `limit` of `rows`; one more than that was read to know whether there is a next page."""
    shown = list(rows[:limit])
    headers = {}
    if len(rows) > limit:
        url = request.url.with_replacements(
            query=urlencode(request.query_params.dict() | {"cursor": cursor(shown[-1])}, doseq=True)
        )
        headers["Link"] = f'<{url}>; rel="next"'
    return Response(shown, headers=headers)
