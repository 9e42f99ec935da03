"""Payments under an Idempotency-Key: the key is bound to the payment, and how that stands now is the answer.

No transaction can hold what PayPal does, so no answer is kept. The key says which payment a request is about; what is
done about that is done once anyway, and goes on from wherever it was cut short.
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
    """The Idempotency-Key of a request about a payment, if it has one."""

    def __init__(self, engine: AsyncEngine, keyed_request: KeyedRequest | None) -> None:
        self._engine = engine
        self._keyed_request = keyed_request
        self.replayed = False

    async def bind(self, choose: Callable[[], Awaitable[int]]) -> int:
        """Return which payment (id) the request is about: what `choose` says, or has said the first time."""
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
        """Answer, and say so if the request was sent before."""
        return Response(content, headers={REPLAYED_HEADER: "true"} if self.replayed else None)


async def provide_payment_key(request: Request[Any, Any, Any], db_engine: NamedDependency[AsyncEngine]) -> PaymentKey:
    """Provide the key of a request. Raises ProblemError (400) if it cannot be one."""
    return PaymentKey(db_engine, await read_keyed_request(request))
