"""The headers of answers that the OpenAPI document tells of."""

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
        "The request's id: the client's, if it is 1 to 64 of the characters A-Z a-z 0-9 _ . -, else a new one.",
        required=True,
    ),
    keys.REPLAYED_HEADER: _text(
        f"`true`: this {keys.HEADER} was sent before, and nothing was done this time.", enum=["true"]
    ),
    # not while the counters are away
    LIMIT: _number("How many requests the caller may make in a span."),
    REMAINING: _number("How many of them are left."),
    RESET: _number("In how many seconds there are more."),
    "Retry-After": _number("After how many seconds to try again.", required=True),
    "WWW-Authenticate": _text("How to say who calls: `Bearer`, an access token.", required=True),
}
OF_STATUS = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}


def headers_of(status: int, *, limited: bool, replayable: bool) -> dict[str, Reference]:
    """Return the headers of an answer by its status: of a call that is counted, and that an earlier one may answer."""
    names = [REQUEST_ID_HEADER, *(RATE_LIMIT_HEADERS if limited else ()), *OF_STATUS.get(status, ())]
    return {
        name: Reference(ref=HEADER_REF.format(name=name))
        for name in (*names, *([keys.REPLAYED_HEADER] if replayable else ()))
    }
