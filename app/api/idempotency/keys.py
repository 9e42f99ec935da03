"""`Idempotency-Key`: the name that a client gives to one request, however often it has to send it."""

import contextlib
import hashlib
import re
from typing import Any, NamedTuple

import msgspec
from litestar import Request

from app.api.problems import FieldError, invalid_request

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
KEY = r"[!-~]{1,255}"
RULE = "Must be given once, with 1 to 255 characters of ASCII and no spaces."


class KeyedRequest(NamedTuple):
    """Which request it is: whose, to which operation on what, under which key; and a hash of its body."""

    account_id: int
    route: str
    key: str
    fingerprint: bytes


async def read_keyed_request(request: Request[Any, Any, Any]) -> KeyedRequest | None:
    """Return which request it is; None if it has no key. Raises ProblemError (400) if its key cannot be one."""
    keys = request.headers.getall(HEADER, [])
    if not keys:
        return None
    if len(keys) > 1 or not re.fullmatch(KEY, keys[0]):
        raise invalid_request([FieldError(HEADER, RULE)])
    route = "/".join(map(str, (request.route_handler.operation_id, *request.path_params.values())))
    return KeyedRequest(request.user.id, route, keys[0], _fingerprint(await request.body()))


def _fingerprint(body: bytes) -> bytes:
    """Hash what a body says: a client may write its fields in another order when it sends it again."""
    with contextlib.suppress(ValueError, RecursionError):  # no JSON: its operation takes no body and does not look
        body = msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    return hashlib.sha256(body).digest()
