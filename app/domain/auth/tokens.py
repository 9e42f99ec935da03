"""Signed access tokens, random secret tokens, and guards that check the caller's role."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple, cast
from uuid import uuid4

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.security.jwt import JWTAuth, Token

from app.api.problems import ProblemError
from app.db.driver import current_login

Role = Literal["doctor", "patient"]

ISSUER = "doctor-appointment-booking"
ACCESS_LIFETIME = timedelta(minutes=15)
ALGORITHM = "HS256"
# In a route's `opt`: the route uses only statements of app/db/driver.py, which check that the caller's login is
# current. This saves a round trip to PostgreSQL for each request.
LOGIN_CHECKED_BY_STATEMENT = "login_with_statement"


class Caller(NamedTuple):
    """The account of a valid access token. Its role never changes, so the token's role is current."""

    id: int
    role: Role
    generation: int


IsCurrent = Callable[[int, int], Awaitable[bool]]


class VerifiedToken(Token):
    """An access token. Each process verifies its signature once, and its expiry for each request."""

    @classmethod
    def decode(cls, encoded_token: str, secret: str, algorithm: str, **checks: Any) -> "Token":  # type: ignore[override]  # `checks` stands for its options
        """Return the decoded token. Raises NotAuthorizedException if it is invalid or expired."""
        token = _decode_cached(encoded_token, secret, algorithm, **checks)
        if token.exp <= datetime.now(UTC):
            raise NotAuthorizedException("Invalid token")
        return token


@lru_cache(maxsize=1024)
def _decode_cached(encoded_token: str, secret: str, algorithm: str, **checks: Any) -> Token:
    return Token.decode(encoded_token, secret, algorithm, **checks)


def jwt_auth(secret: str, is_current: IsCurrent) -> JWTAuth[Caller, Token]:
    """Return the authentication of every route that is not marked `exclude_from_auth`.

    `is_current` says whether a token generation is the current one of an account (id); earlier ones are revoked. It is
    not called for routes whose statements check this themselves (LOGIN_CHECKED_BY_STATEMENT).
    """

    async def caller(token: Token, connection: ASGIConnection[Any, Any, Any, Any]) -> Caller | None:
        account_id, generation = int(token.sub), token.extras.get("generation", 0)
        if connection.route_handler.opt.get(LOGIN_CHECKED_BY_STATEMENT):
            current_login.set((account_id, generation))
        elif not await is_current(account_id, generation):
            return None
        return Caller(account_id, cast("Role", token.extras["role"]), generation)

    return JWTAuth[Caller, Token](
        token_secret=secret,
        algorithm=ALGORITHM,
        retrieve_user_handler=caller,
        token_cls=VerifiedToken,
        accepted_audiences=("access",),
        accepted_issuers=(ISSUER,),
        require_claims=("exp", "iat", "sub", "aud", "iss", "jti"),
        exclude=["^/docs", "^/health"],
        description="The `access` token that `accounts/login/` returns.",
    )


def access_token(secret: str, account_id: int, role: Role, generation: int) -> str:
    """Return a signed access token. It is valid for 15 minutes, or until the account's generation changes."""
    now = datetime.now(UTC)
    token = Token(
        exp=now + ACCESS_LIFETIME,
        iat=now,
        sub=str(account_id),
        aud="access",
        iss=ISSUER,
        jti=uuid4().hex,
        extras={"role": role, "generation": generation},
    )
    return token.encode(secret, ALGORITHM)


class Secret(NamedTuple):
    """A random token of 256 bits, and its hash, which is all that PostgreSQL stores."""

    text: str
    hash: bytes

    @classmethod
    def new(cls) -> "Secret":
        """Generate a token."""
        return cls.of(secrets.token_urlsafe(32))

    @classmethod
    def of(cls, text: str) -> "Secret":
        """Return the token with this text. Because it is random, a fast hash is enough."""
        return cls(text, hashlib.sha256(text.encode()).digest())


# Guards are coroutines although they never wait: Litestar runs plain functions in a thread, which costs more CPU time
# than the guard itself.


async def patients_only(connection: ASGIConnection[Any, Caller, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: refuse doctors with a 403."""
    _require_role(connection, "patient")


async def doctors_only(connection: ASGIConnection[Any, Caller, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: refuse patients with a 403."""
    _require_role(connection, "doctor")


def _require_role(connection: ASGIConnection[Any, Caller, Any, Any], role: Role) -> None:
    if connection.user.role != role:
        raise ProblemError(403, "forbidden", f"Only {role}s can do this.")
