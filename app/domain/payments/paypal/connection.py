"""The HTTP connection to PayPal: access token, timeouts and retries.

A call is repeated with the same request if no answer arrives or if PayPal reports that it cannot answer:
https://developer.paypal.com/api/rest/reference/idempotency/. Logs contain the operation, PayPal's codes and its debug
id, but no body, header or address.
"""

import asyncio
import random
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
import structlog

from app.domain.payments.paypal.answers import Token, decoder, read_problem
from app.domain.payments.paypal.call import Attempts, Call, RetryableError, Timeouts
from app.domain.payments.paypal.errors import PayPalError, PayPalRefused

log = structlog.get_logger()

T = TypeVar("T")

NOT_SENT_ERRORS = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
RETRYABLE_STATUSES = frozenset({408, 409})  # and 429 and 5xx; 409: the same request is being processed
TOKEN_MARGIN = 60.0  # seconds before its expiry at which a token is replaced; at most a tenth of its lifetime


class Connection:
    """Executes calls for one PayPal account. Tests pass `http` to observe the requests."""

    def __init__(
        self, base_url: str, client_id: str, client_secret: str, timeouts: Timeouts, http: httpx.AsyncClient | None
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._login = httpx.BasicAuth(client_id, client_secret)
        self._timeouts = timeouts
        self._timeout = httpx.Timeout(
            connect=timeouts.connect, read=timeouts.read, write=timeouts.write, pool=timeouts.pool
        )
        self._http = http or httpx.AsyncClient()
        self._token: str | None = None
        self._token_ends = 0.0  # monotonic seconds
        self._token_lock = asyncio.Lock()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def execute(self, call: Call[T]) -> T:
        """Return PayPal's answer. Raises PayPalRefused, PayPalUnavailable or PayPalUnknown."""
        attempts = Attempts(call.operation)
        try:
            async with asyncio.timeout(self._timeouts.total):
                return await self._try(call, attempts)
        except TimeoutError:
            attempts.failed(RetryableError(f"no answer within {self._timeouts.total:g} s"))
            raise attempts.error() from None

    async def _try(self, call: Call[T], attempts: Attempts) -> T:
        for number in range(1, self._timeouts.attempts + 1):
            attempts.number = number
            try:
                return await self._attempt(call, attempts)
            except RetryableError as trouble:
                attempts.failed(trouble)
            pause = attempts.trouble.after or self._pause(number)
            if number == self._timeouts.attempts or pause > self._timeouts.max_pause:
                break
            await asyncio.sleep(pause)
        raise attempts.error()

    def _pause(self, number: int) -> float:
        return self._timeouts.pause * float(2 ** (number - 1)) * random.uniform(0.5, 1)

    async def _attempt(self, call: Call[T], attempts: Attempts) -> T:
        for is_last in (False, True):
            token = await self._usable_token(attempts)
            headers = {**call.headers, "Authorization": f"Bearer {token}"}
            answer = await self._send(attempts, call.method, call.path, headers=headers, content=call.content)
            if answer.status_code != 401:
                break
            self._discard_token(token)
            if is_last:
                raise _unavailable(attempts, answer, "PayPal does not accept the access token")
        if answer.is_success:
            return _read(call, answer, attempts)
        raise _refusal(answer, attempts)

    async def _send(self, attempts: Attempts, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request. Raises RetryableError if no answer arrives or if the answer asks for a retry."""
        was_outcome_unknown, attempts.outcome_unknown = attempts.outcome_unknown, True
        try:
            answer = await self._http.request(
                method, self._base_url + path, timeout=self._timeout, follow_redirects=False, **request
            )
        except NOT_SENT_ERRORS as error:
            attempts.outcome_unknown = was_outcome_unknown
            raise RetryableError(type(error).__name__) from error
        except httpx.RequestError as error:
            raise RetryableError(type(error).__name__) from error
        if answer.status_code in {401, 429}:
            attempts.outcome_unknown = was_outcome_unknown
        if answer.status_code == 429 or answer.status_code in RETRYABLE_STATUSES or answer.status_code >= 500:
            is_busy = answer.status_code == 409
            raise RetryableError(
                f"status {answer.status_code}", debug_id(answer), _retry_after(answer), is_busy=is_busy
            )
        return answer

    async def _usable_token(self, attempts: Attempts) -> str:
        """Return a token that does not expire soon. Concurrent calls wait for one fetch."""
        async with self._token_lock:
            if self._token is None or time.monotonic() >= self._token_ends:
                self._token = await self._fetch_token(attempts)
            return self._token

    async def _fetch_token(self, attempts: Attempts) -> str:
        was_outcome_unknown = attempts.outcome_unknown  # a lost token request has no effect
        try:
            answer = await self._send(
                attempts,
                "POST",
                "/v1/oauth2/token",
                auth=self._login,
                data={"grant_type": "client_credentials"},
            )
            asked_at = time.monotonic()
            if 400 <= answer.status_code < 500:
                raise _unavailable(attempts, answer, "PayPal does not accept the client id and secret")
            token = _read_token(answer)
        finally:
            attempts.outcome_unknown = was_outcome_unknown
        self._token_ends = asked_at + token.expires_in - min(TOKEN_MARGIN, token.expires_in / 10)
        return token.access_token

    def _discard_token(self, token: str) -> None:
        """Discard `token`, unless it was replaced in the meantime."""
        if self._token == token:
            self._token = None


def debug_id(answer: httpx.Response) -> str | None:
    """Return the id under which PayPal logs the request."""
    found: str | None = answer.headers.get("paypal-debug-id")
    return found


def _read(call: Call[T], answer: httpx.Response, attempts: Attempts) -> T:
    try:
        result = call.read(answer.content)
    except ValueError as error:  # its message may quote the answer, so it is not logged
        raise RetryableError(f"status {answer.status_code}, but not the documented answer", debug_id(answer)) from error
    attempts.outcome_unknown = False
    return result


_decode_token = decoder(Token)


def _read_token(answer: httpx.Response) -> Token:
    try:
        return _decode_token(answer.content)
    except ValueError as error:
        raise RetryableError(f"status {answer.status_code}, but no access token", debug_id(answer)) from error


def _refusal(answer: httpx.Response, attempts: Attempts) -> PayPalRefused:
    """Return PayPal's refusal. Raises RetryableError if the answer is not PayPal's own but, for example, a proxy's."""
    try:
        problem = read_problem(answer.content)
    except ValueError as error:
        raise RetryableError(f"status {answer.status_code}, but no reason", debug_id(answer)) from error
    refused = PayPalRefused(
        attempts.operation,
        status=answer.status_code,
        name=problem.name,
        issue=problem.issue or problem.name,
        redirect=problem.redirect,
        debug_id=debug_id(answer) or problem.debug_id,
    )
    log.warning(
        "paypal_refused",
        operation=refused.operation,
        status=refused.status,
        name=refused.name,
        issue=refused.issue,
        debug_id=refused.debug_id,
    )
    return refused


def _unavailable(attempts: Attempts, answer: httpx.Response, text: str) -> PayPalError:
    attempts.failed(RetryableError(text, debug_id(answer)))
    return attempts.error()


def _retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After header, which may contain a number or a date."""
    text = answer.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):  # missing, malformed, or a date without a zone
        return None
