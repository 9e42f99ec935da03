"""Idempotency-Keys of payment requests: a key is bound to a payment, and a repeated request returns its current state.

A transaction cannot include what PayPal does, so responses are not stored. The key only identifies the payment. The
steps of a payment are idempotent themselves, and a repeated request resumes an interrupted one.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from litestar import Request, Response
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.idempotency.keys import REPLAYED_HEADER, KeyedRequest, read_keyed_request
from app.api.idempotency.repository import ReceiptRepository
from app.db.driver import one_transaction

T = TypeVar("T")


class PaymentKey:
    """The optional Idempotency-Key of a payment request."""

    def __init__(self, engine: AsyncEngine, keyed_request: KeyedRequest | None) -> None:
        self._engine = engine
        self._keyed_request = keyed_request
        self.replayed = False

    async def bind(self, choose: Callable[[], Awaitable[int]]) -> int:
        """Return the id of the request's payment: the result of `choose`, or the one bound by an earlier request."""
        if self._keyed_request is None:
            return await choose()
        async with one_transaction(self._engine):
            receipts = ReceiptRepository(self._engine)
            done = await receipts.begin(self._keyed_request)
            if done and done.payment_id:
                self.replayed = True
                return done.payment_id
            payment_id = await choose()
            await receipts.bind_to_payment(self._keyed_request, payment_id)
            return payment_id

    def answer(self, content: T) -> Response[T]:
        """Return the response, marked as replayed if the key was bound before."""
        return Response(content, headers={REPLAYED_HEADER: "true"} if self.replayed else None)


async def provide_payment_key(request: Request[Any, Any, Any], db_engine: NamedDependency[AsyncEngine]) -> PaymentKey:
    """Provide the key of a request. Raises ProblemError (400) if the key is invalid."""
    return PaymentKey(db_engine, await read_keyed_request(request))
