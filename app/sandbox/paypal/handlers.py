"""The common steps of all requests to the PayPal stand-in: faults, access tokens, mocked refusals, idempotency."""

import asyncio
import base64
import binascii
import secrets
import time
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, Response
from msgspec import Struct

from app.sandbox.paypal.faults import AFTER, BEFORE, Faults, Operation
from app.sandbox.paypal.refusals import ISSUES, Refusal, refused
from app.sandbox.paypal.store import R, Receipt, Store
from app.sandbox.servers.web import abort_connection

# A declined payment is the result of a request, and a repeated request returns it again. Other refusals are not stored,
# so that a repeated request can succeed.
DECLINES = frozenset({"INSTRUMENT_DECLINED", "TRANSACTION_REFUSED", "COMPLIANCE_VIOLATION", "PAYER_CANNOT_PAY"})

AnyRequest = Request[Any, Any, Any]


class Reply(Struct):
    """A response. `body` is encoded as JSON unless it is bytes."""

    status: int
    body: Any
    headers: dict[str, str] = {}


class RequestHandler:
    """Handles the requests of one merchant."""

    def __init__(self, store: Store, faults: Faults, client: tuple[str, str], token_seconds: float) -> None:
        self._store = store
        self._faults = faults
        self._client = client
        self._token_seconds = token_seconds
        self._tokens: dict[str, float] = {}  # expiry of each token in monotonic seconds
        self._in_progress: set[str] = set()

    async def serve(self, operation: Operation, request: AnyRequest, work: Callable[[bytes], Reply]) -> Response[Any]:
        """Answer a request with the result of `work`, which receives the body. Raises Refusal."""
        body = await request.body()
        await self._before(operation, request)
        if operation != "token":
            self._authenticate(request)
            _refuse_as_mocked(request)
        if request.method == "POST" and operation != "token" and not _is_json(request):
            raise Refusal(415)
        return await self._after(operation, request, work(body))

    def idempotent(
        self,
        operation: Operation,
        request: AnyRequest,
        do: Callable[[], str],
        show: Callable[[str], Any],
        repeated: int,
    ) -> Reply:
        """Carry out a request once for each request id. A repeated request is answered with status `repeated`.

        `do` returns the id of the created resource, and `show` returns its current state, as documented in
        https://developer.paypal.com/api/rest/reference/idempotency/. The body of a repeated request is ignored.
        """
        key = _key(operation, request)
        receipt = self._store.find(Receipt, key)
        if receipt is None:
            receipt = self._do(key, do)
            repeated = 201
        elif receipt.issue:
            refusal = refused(receipt.issue)
            refusal.redirect = receipt.redirect
            raise refusal
        return Reply(repeated, show(str(receipt.resource)))

    def _do(self, key: str, do: Callable[[], str]) -> Receipt:
        refusal: Refusal | None = None
        receipt = Receipt(id=key)
        with self._store.transaction():
            try:
                receipt.resource = do()
            except Refusal as error:
                refusal, receipt.issue, receipt.redirect = error, error.issue, error.redirect
            if refusal is None or refusal.issue in DECLINES:
                self._store.put(receipt)
        if refusal:
            raise refusal
        return receipt

    def grant_token(self, request: AnyRequest, body: bytes) -> Reply:
        """Answer a request for a token (RFC 6749, sections 4.4 and 5)."""
        kind, _, login = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic" or _decoded(login) != ":".join(self._client):
            return Reply(401, {"error": "invalid_client", "error_description": "Client Authentication failed"})
        if body != b"grant_type=client_credentials":
            return Reply(400, {"error": "unsupported_grant_type", "error_description": "Grant Type is NULL"})
        token = f"A21AA{secrets.token_urlsafe(60)}"
        self._tokens[token] = time.monotonic() + self._token_seconds
        return Reply(
            200,
            {
                "scope": "https://uri.paypal.com/services/payments/payment https://uri.paypal.com/services/payments/refund",
                "access_token": token,
                "token_type": "Bearer",
                "app_id": "APP-80W284485P519543T",
                "expires_in": int(self._token_seconds),
                "nonce": secrets.token_hex(16),
            },
        )

    async def _before(self, operation: Operation, request: AnyRequest) -> None:
        key = _key(operation, request)
        if key in self._in_progress:
            raise refused("PREVIOUS_REQUEST_IN_PROGRESS")
        fault = self._faults.take(operation, BEFORE)
        if fault is None:
            return
        if fault.kind == "drop_before":
            await abort_connection(request.scope)
        elif fault.kind == "slow_before":
            self._in_progress.add(key)
            await asyncio.sleep(fault.seconds)
            self._in_progress.remove(key)
            return
        elif fault.kind == "unauthorized":
            self._tokens.pop(_token(request), None)
            raise Refusal(401)
        refusal = Refusal(429 if fault.kind == "rate_limit" else fault.status)
        if fault.kind == "rate_limit":
            refusal.headers["Retry-After"] = f"{fault.seconds:.0f}"
        raise refusal

    async def _after(self, operation: Operation, request: AnyRequest, reply: Reply) -> Response[Any]:
        fault = self._faults.take(operation, AFTER)
        if fault and fault.kind == "drop_after":
            await abort_connection(request.scope)
        elif fault and fault.kind == "slow_after":
            await asyncio.sleep(fault.seconds)
        elif fault and fault.kind == "error_after":
            raise Refusal(fault.status)
        elif fault:
            reply = Reply(reply.status, b"<html>Bad gateway</html>")
        return answer(reply)

    def _authenticate(self, request: AnyRequest) -> None:
        if time.monotonic() >= self._tokens.get(_token(request), 0):
            raise Refusal(401)


def answer(reply: Reply) -> Response[Any]:
    """Return the HTTP response, with a debug id."""
    content = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
    headers = {"PayPal-Debug-Id": new_debug_id(), **reply.headers}
    return Response(content, status_code=reply.status, media_type="application/json", headers=headers)


def answer_refusal(_: AnyRequest, refusal: Refusal) -> Response[Any]:
    """Return the HTTP response for a refusal."""
    debug_id = new_debug_id()
    return answer(Reply(refusal.status, refusal.body(debug_id), {**refusal.headers, "PayPal-Debug-Id": debug_id}))


def require_record(store: Store, kind: type[R], id_: str) -> R:
    """Return a record. Raises Refusal if it does not exist."""
    record = store.find(kind, id_)
    if record is None:
        raise refused("INVALID_RESOURCE_ID")
    return record


def new_debug_id() -> str:
    """Return a random debug id of PayPal's length."""
    return secrets.token_hex(7)[:13]


def _key(operation: Operation, request: AnyRequest) -> str:
    """Return the idempotency key of a request."""
    return f"{operation}:{request.headers.get('paypal-request-id', secrets.token_hex())}"


def wants_representation(request: AnyRequest) -> bool:
    """Whether a request prefers the full representation."""
    return "return=representation" in request.headers.get("prefer", "").replace(" ", "")


def _refuse_as_mocked(request: AnyRequest) -> None:
    """Raise the refusal in the header PayPal-Mock-Response, such as `{"mock_application_codes": "PENDING_CAPTURE"}`."""
    header = request.headers.get("paypal-mock-response")
    if not header:
        return
    try:
        codes = msgspec.json.decode(header)["mock_application_codes"]
    except (ValueError, TypeError, KeyError):
        raise refused("INVALID_PARAMETER_SYNTAX", field="PayPal-Mock-Response") from None
    issue = codes[0] if isinstance(codes, list) else codes
    if issue in ISSUES:
        raise refused(issue)
    statuses = {"INTERNAL_SERVER_ERROR": 500, "INTERNAL_SERVICE_ERROR": 500, "SERVICE_UNAVAILABLE": 503}
    raise Refusal(statuses[issue]) if issue in statuses else refused("INVALID_PARAMETER_VALUE")


def _is_json(request: AnyRequest) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _token(request: AnyRequest) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def _decoded(login: str) -> str:
    try:
        return base64.b64decode(login, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
