"""The `Idempotency-Key` header, which identifies a request across retries."""

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
RULE = "Must be sent once, with 1 to 255 printable ASCII characters and no spaces."


class KeyedRequest(NamedTuple):
    """The identity of a request: account, operation with its path parameters, key, and a hash of the body."""

    account_id: int
    route: str
    key: str
    fingerprint: bytes


async def read_keyed_request(request: Request[Any, Any, Any]) -> KeyedRequest | None:
    """Return the identity of a request; None without a key. Raises ProblemError (400) for a malformed key."""
    keys = request.headers.getall(HEADER, [])
    if not keys:
        return None
    if len(keys) > 1 or not re.fullmatch(KEY, keys[0]):
        raise invalid_request([FieldError(HEADER, RULE)])
    route = "/".join(map(str, (request.route_handler.operation_id, *request.path_params.values())))
    return KeyedRequest(request.user.id, route, keys[0], _fingerprint(await request.body()))


def _fingerprint(body: bytes) -> bytes:
    """Hash the content of a body, because a client can change the order of its fields when it repeats a request."""
    with contextlib.suppress(ValueError, RecursionError):  # not JSON: the operation ignores the body
        body = msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    return hashlib.sha256(body).digest()
