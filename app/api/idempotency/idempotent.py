"""Idempotent handlers: a request repeated with its Idempotency-Key gets the first response again."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from litestar import MediaType, Request, Response
from litestar.serialization import encode_json

from app.api.idempotency.keys import REPLAYED_HEADER, read_keyed_request
from app.api.idempotency.repository import Receipt, ReceiptRepository
from app.db.driver import one_transaction
from app.db.engine import engine_of

P = ParamSpec("P")
T = TypeVar("T")


def idempotent(handler: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T | Response[Any]]]:
    """Decorate a handler so that requests with a key are executed once.

    With a key, the handler's work and the receipt with its response are one transaction. Without a key, nothing
    changes. A raised refusal rolls the receipt back, so a repeated request is executed again.
    """

    @wraps(handler)
    async def handle(*args: P.args, **kwargs: P.kwargs) -> T | Response[Any]:
        request: Request[Any, Any, Any] = kwargs["request"]  # type: ignore[assignment]  # Litestar passes it by name
        keyed_request = await read_keyed_request(request)
        if keyed_request is None:
            return await handler(*args, **kwargs)
        engine = engine_of(request)
        async with one_transaction(engine):
            receipts = ReceiptRepository(engine)
            done = await receipts.begin(keyed_request)
            if done:
                return _replay(done)
            answer = await handler(*args, **kwargs)
            status, body = _encoded(request, answer)
            await receipts.keep_answer(keyed_request, status, body)
        return Response(body, status_code=status, media_type=MediaType.JSON)

    return handle


def _replay(done: Receipt) -> Response[Any]:
    return Response(done.answer, status_code=done.status, media_type=MediaType.JSON, headers={REPLAYED_HEADER: "true"})


def _encoded(request: Request[Any, Any, Any], answer: Any) -> tuple[int, bytes]:
    """Return the status and body that Litestar would send."""
    content, status = (answer.content, answer.status_code) if isinstance(answer, Response) else (answer, None)
    return status or request.route_handler.status_code, encode_json(content)
