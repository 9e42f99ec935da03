"""How often somebody may call: counted in Redis, so that it holds over all processes, and told in every answer.

Header fields: https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-06
"""

import hashlib
import math
import time
from ipaddress import ip_address
from typing import Any

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from litestar import Request
from litestar.types import Message, Scope
from redis.asyncio import Redis

from app.api.problems import ProblemError
from app.api.rate_limits.counters import Count, Counters
from app.settings import Settings

RATE_LIMIT_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")  # the last in seconds
STATE = "rate_limit"
UNLIMITED = ("/health", "/docs")  # whoever watches over the service must not be told to look away


class RateLimits:
    """The limits of the settings. Where Redis is away, only logins are limited, by each process for itself."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        self._counters = Counters(redis)
        self._process_limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._calls = parse(settings.rate_limit)
        self._logins = parse(settings.rate_limit_login)
        self._logins_of_address = parse(settings.rate_limit_login_address)
        self._registrations = parse(settings.rate_limit_register)

    async def count_request(self, request: Request[Any, Any, Any]) -> None:
        """Count a call, of the caller's account or else of the address. Raises ProblemError (429)."""
        if request.scope["path"].startswith(UNLIMITED):
            return
        caller = request.scope.get("user")
        # with a token of a login that has ended, nobody can use up what the account's owner has left
        who = f"account:{caller.id}:{caller.generation}" if caller else f"address:{_network(request)}"
        await self._count(request, self._calls, "call", who, always=False)

    async def count_attempt(self, request: Request[Any, Any, Any], what: str, name: str) -> None:
        """Count an attempt at `what`, such as a login, as `name`, and one from this address. Raises ProblemError (429).

        The first is of the address, too: nobody can lock somebody else out from elsewhere.
        """
        network, account = _network(request), hashlib.sha256(name.lower().encode()).hexdigest()[:32]
        await self._count(request, self._logins_of_address, f"{what}-address", network, always=True)
        await self._count(request, self._logins, what, f"{network}:{account}", always=True)

    async def count_registration(self, request: Request[Any, Any, Any]) -> None:
        """Count a registration from this address. Raises ProblemError (429)."""
        await self._count(request, self._registrations, "register", _network(request), always=True)

    async def _count(self, request: Request[Any, Any, Any], limit: RateLimitItem, *key: str, always: bool) -> None:
        found = await self._counters.count(limit, *key)
        if found is None and always:
            found = await self._count_in_process(limit, *key)
        if found is None:
            return
        headers = _headers(limit, found)
        request.scope["state"][STATE] = headers
        if not found.allowed:
            pause = headers["RateLimit-Reset"]
            error = ProblemError(429, "rate_limited", f"Too many requests. Try again in {pause} s.")
            error.headers["Retry-After"] = pause
            raise error

    async def _count_in_process(self, limit: RateLimitItem, *key: str) -> Count:
        allowed = await self._process_limiter.hit(limit, *key)
        window = await self._process_limiter.get_window_stats(limit, *key)
        return Count(allowed, window.remaining, window.reset_time - time.time())


def _network(request: Request[Any, Any, Any]) -> str:
    """Return the caller's address; of IPv6 the network, in which one customer has all addresses."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:  # a unix socket has none
        return host
    return address.compressed if address.version == 4 else ":".join(address.exploded.split(":")[:4])


def _headers(limit: RateLimitItem, count: Count) -> dict[str, str]:
    reset = max(1, math.ceil(count.reset))
    return dict(zip(RATE_LIMIT_HEADERS, map(str, (limit.amount, count.remaining, reset)), strict=True))


async def add_rate_limit_headers(message: Message, scope: Scope) -> None:
    """Before an answer is sent: say in its headers how much the caller has left."""
    if message["type"] == "http.response.start":
        told = scope["state"].get(STATE, {})
        message["headers"] = [*message["headers"], *((k.lower().encode(), v.encode()) for k, v in told.items())]
