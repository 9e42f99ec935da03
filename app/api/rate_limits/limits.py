"""Rate limits, counted in Redis for all processes together, and reported in the headers of every response.

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
UNLIMITED = ("/health", "/docs")  # monitoring must never get a 429


class RateLimits:
    """The rate limits of the settings. Without Redis, each process limits attempts and registrations by itself."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        self._counters = Counters(redis)
        self._process_limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._calls = parse(settings.rate_limit)
        self._logins = parse(settings.rate_limit_login)
        self._logins_of_address = parse(settings.rate_limit_login_address)
        self._registrations = parse(settings.rate_limit_register)

    async def count_request(self, request: Request[Any, Any, Any]) -> None:
        """Count a request of the account or, without a login, of the IP address. Raises ProblemError (429)."""
        if request.scope["path"].startswith(UNLIMITED):
            return
        caller = request.scope.get("user")
        # with the generation, revoked tokens cannot use up the limit of the account
        who = f"account:{caller.id}:{caller.generation}" if caller else f"address:{_network(request)}"
        await self._count(request, self._calls, "call", who, always=False)

    async def count_attempt(self, request: Request[Any, Any, Any], what: str, name: str) -> None:
        """Count an attempt, such as a login, for this IP address, and for this address and `name` together.

        Attempts from one address cannot lock `name` out at another. Raises ProblemError (429).
        """
        network, account = _network(request), hashlib.sha256(name.lower().encode()).hexdigest()[:32]
        await self._count(request, self._logins_of_address, f"{what}-address", network, always=True)
        await self._count(request, self._logins, what, f"{network}:{account}", always=True)

    async def count_registration(self, request: Request[Any, Any, Any]) -> None:
        """Count a registration from this IP address. Raises ProblemError (429)."""
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
    """Return the caller's IP address; for IPv6 its /64 network, all of which one customer can use."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:  # a unix socket has no IP address
        return host
    return address.compressed if address.version == 4 else ":".join(address.exploded.split(":")[:4])


def _headers(limit: RateLimitItem, count: Count) -> dict[str, str]:
    reset = max(1, math.ceil(count.reset))
    return dict(zip(RATE_LIMIT_HEADERS, map(str, (limit.amount, count.remaining, reset)), strict=True))


async def add_rate_limit_headers(message: Message, scope: Scope) -> None:
    """Add the rate limit to the headers of a response before it is sent."""
    if message["type"] == "http.response.start":
        headers = scope["state"].get(STATE, {})
        message["headers"] = [*message["headers"], *((k.lower().encode(), v.encode()) for k, v in headers.items())]
