"""Receipts of what was done under an Idempotency-Key. All of it happens in the transaction that does it."""

from dataclasses import dataclass

import asyncpg
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.idempotency.keys import HEADER, KeyedRequest
from app.api.problems import RETRY_AFTER, ProblemError
from app.db.columns import column_list
from app.db.driver import fetch, fetch_one


class Receipt(Struct, frozen=True):
    """What an earlier request under a key has led to: an answer, or else a payment."""

    same_request: bool
    status: int | None
    answer: bytes | None
    payment_id: int | None


BEGIN = f"SELECT {column_list(Receipt)} FROM begin_receipt($1, $2, $3, $4)"  # noqa: S608  our own columns
ANSWER = "SELECT answer_receipt($1, $2, $3, $4, $5)"
BIND = "SELECT bind_receipt($1, $2, $3, $4)"


@dataclass(frozen=True)
class ReceiptRepository:
    """Begins and keeps receipts."""

    engine: AsyncEngine

    async def begin(self, request: KeyedRequest) -> Receipt | None:
        """Begin a request's receipt, or return what it has led to before; waits for 5 s while that is being done.

        Raises ProblemError: 409 if that takes longer, 422 if the key was another request's.
        """
        try:
            row = await fetch_one(self.engine, BEGIN, *request)
        except (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError) as error:
            raise _in_progress() from error
        if row is None:
            return None
        done = Receipt(**row)
        if not done.same_request:
            detail = f"This {HEADER} was sent with another body. Use a new key for a new request."
            raise ProblemError(422, "idempotency_key_reused", detail)
        return done

    async def keep_answer(self, request: KeyedRequest, status: int, answer: bytes) -> None:
        """Keep the answer of a request whose receipt was begun."""
        await fetch(self.engine, ANSWER, *request[:3], status, answer)

    async def bind_to_payment(self, request: KeyedRequest, payment_id: int) -> None:
        """Keep which payment a request is about whose receipt was begun."""
        await fetch(self.engine, BIND, *request[:3], payment_id)


def _in_progress() -> ProblemError:
    detail = f"A request with this {HEADER} is still being answered. Send it again in {RETRY_AFTER} s."
    error = ProblemError(409, "idempotency_key_in_use", detail)
    error.headers["Retry-After"] = str(RETRY_AFTER)
    return error
