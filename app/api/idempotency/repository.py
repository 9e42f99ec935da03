"""Receipts of requests with an Idempotency-Key, written in the transaction of the request's own work."""

from dataclasses import dataclass

import asyncpg
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.idempotency.keys import HEADER, KeyedRequest
from app.api.problems import RETRY_AFTER, ProblemError
from app.db.columns import column_list
from app.db.driver import fetch, fetch_one


class Receipt(Struct, frozen=True):
    """The result of an earlier request with the same key: a response or a payment."""

    same_request: bool
    status: int | None
    answer: bytes | None
    payment_id: int | None


BEGIN = f"SELECT {column_list(Receipt)} FROM begin_receipt($1, $2, $3, $4)"  # noqa: S608  only constants
ANSWER = "SELECT answer_receipt($1, $2, $3, $4, $5)"
BIND = "SELECT bind_receipt($1, $2, $3, $4)"


@dataclass(frozen=True)
class ReceiptRepository:
    """Begins and completes receipts."""

    engine: AsyncEngine

    async def begin(self, request: KeyedRequest) -> Receipt | None:
        """Begin a receipt and return None, or return the receipt of an earlier request with the same key.

        Waits up to 5 s for an earlier request in progress. Raises ProblemError: 409 if it takes longer, 422 if it had
        another body.
        """
        try:
            row = await fetch_one(self.engine, BEGIN, *request)
        except (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError) as error:
            raise _in_progress() from error
        if row is None:
            return None
        done = Receipt(**row)
        if not done.same_request:
            detail = f"This {HEADER} was already used with another body. Use a new key for a new request."
            raise ProblemError(422, "idempotency_key_reused", detail)
        return done

    async def keep_answer(self, request: KeyedRequest, status: int, answer: bytes) -> None:
        """Store the response in a receipt that was begun."""
        await fetch(self.engine, ANSWER, *request[:3], status, answer)

    async def bind_to_payment(self, request: KeyedRequest, payment_id: int) -> None:
        """Store the payment in a receipt that was begun."""
        await fetch(self.engine, BIND, *request[:3], payment_id)


def _in_progress() -> ProblemError:
    detail = f"A request with this {HEADER} is still in progress. Try again in {RETRY_AFTER} s."
    error = ProblemError(409, "idempotency_key_in_use", detail)
    error.headers["Retry-After"] = str(RETRY_AFTER)
    return error
