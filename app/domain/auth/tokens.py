"""Who is calling: signed access tokens, refresh tokens that are good for one use, and what a caller may call."""

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
# In a route's `opt`: all it does, it does by statements (app/db/driver.py), and they look whether the caller's login
# goes on. That spares each call a round trip to PostgreSQL, which costs more than the look.
LOGIN_CHECKED_BY_STATEMENT = "login_with_statement"


class Caller(NamedTuple):
    """The account a valid access token speaks for. A role never changes, so the token's word is good."""

    id: int
    role: Role
    generation: int


IsCurrent = Callable[[int, int], Awaitable[bool]]


class VerifiedToken(Token):
    """An access token. Each process verifies its signature once, and with each request that it has not expired."""

    @classmethod
    def decode(cls, encoded_token: str, secret: str, algorithm: str, **checks: Any) -> "Token":  # type: ignore[override]  # what is checked is all in `checks`
        """Return what a token says. Raises NotAuthorizedException if it is not valid, or not any more."""
        token = _decode_cached(encoded_token, secret, algorithm, **checks)
        if token.exp <= datetime.now(UTC):
            raise NotAuthorizedException("Invalid token")
        return token


@lru_cache(maxsize=1024)
def _decode_cached(encoded_token: str, secret: str, algorithm: str, **checks: Any) -> Token:
    return Token.decode(encoded_token, secret, algorithm, **checks)


def jwt_auth(secret: str, is_current: IsCurrent) -> JWTAuth[Caller, Token]:
    """Make the authentication of every route that is not marked `exclude_from_auth`.

    `is_current` says whether an account (id) still is in a generation: a token of an earlier one was revoked. It is
    not asked where a route's statements look for themselves (LOGIN_CHECKED_BY_STATEMENT).
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
        description="The `access` token that `accounts/login/` answers.",
    )


def access_token(secret: str, account_id: int, role: Role, generation: int) -> str:
    """Sign an access token, good for 15 minutes unless its account's generation moves on before."""
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
    """A random token of 256 bits, and the hash by which PostgreSQL knows it."""

    text: str
    hash: bytes

    @classmethod
    def new(cls) -> "Secret":
        """Make one that nobody can guess."""
        return cls.of(secrets.token_urlsafe(32))

    @classmethod
    def of(cls, text: str) -> "Secret":
        """Return the one that reads so. Random as it is, it needs no slow hash."""
        return cls(text, hashlib.sha256(text.encode()).digest())


# Guards are coroutines although they wait for nothing: Litestar calls plain functions in a thread, which costs more CPU
# time than the guard itself.


async def patients_only(connection: ASGIConnection[Any, Caller, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: answers 403 to doctors."""
    _require_role(connection, "patient")


async def doctors_only(connection: ASGIConnection[Any, Caller, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: answers 403 to patients."""
    _require_role(connection, "doctor")


def _require_role(connection: ASGIConnection[Any, Caller, Any, Any], role: Role) -> None:
    if connection.user.role != role:
        raise ProblemError(403, "forbidden", f"Only a {role} may do this.")
