"""The response headers in the OpenAPI document."""

from litestar.openapi.spec import OpenAPIHeader, OpenAPIType, Reference, Schema

from app.api.idempotency import keys
from app.api.middleware.request_context import REQUEST_ID_HEADER
from app.api.rate_limits.limits import RATE_LIMIT_HEADERS

HEADER_REF = "#/components/headers/{name}"
LIMIT, REMAINING, RESET = RATE_LIMIT_HEADERS


def _text(description: str, *, required: bool = False, **schema: list[str]) -> OpenAPIHeader:
    return OpenAPIHeader(
        description=description, required=required, schema=Schema(type=OpenAPIType.STRING, enum=schema.get("enum"))
    )


def _number(description: str, *, required: bool = False) -> OpenAPIHeader:
    return OpenAPIHeader(description=description, required=required, schema=Schema(type=OpenAPIType.INTEGER, minimum=0))


HEADERS = {
    REQUEST_ID_HEADER: _text(
        "Id of the request: the client's, if it has 1 to 64 of the characters A-Z a-z 0-9 _ . -, otherwise a new one.",
        required=True,
    ),
    keys.REPLAYED_HEADER: _text(
        f"`true` if this {keys.HEADER} was used before. The request was not executed again.", enum=["true"]
    ),
    # absent while Redis is unavailable
    LIMIT: _number("Maximum number of requests in the current period."),
    REMAINING: _number("Number of requests left in the current period."),
    RESET: _number("Seconds until more requests are allowed."),
    "Retry-After": _number("Seconds to wait before the next attempt.", required=True),
    "WWW-Authenticate": _text("Authentication scheme: `Bearer`, with an access token.", required=True),
}
OF_STATUS = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}


def headers_of(status: int, *, limited: bool, replayable: bool) -> dict[str, Reference]:
    """Return the headers of a response. `limited`: the call is rate limited. `replayable`: it accepts a key."""
    names = [REQUEST_ID_HEADER, *(RATE_LIMIT_HEADERS if limited else ()), *OF_STATUS.get(status, ())]
    return {
        name: Reference(ref=HEADER_REF.format(name=name))
        for name in (*names, *([keys.REPLAYED_HEADER] if replayable else ()))
    }
