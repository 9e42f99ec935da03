"""Who is calling: signed tokens, and what a caller may call."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, cast

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.security.jwt import JWTAuth, Token

from app.domain.accounts.schemas import Tokens
from app.domain.problems import ProblemError

Role = Literal["doctor", "patient"]

ISSUER = "doctor-appointment-booking"
ACCESS = timedelta(minutes=15)
REFRESH = timedelta(days=14)
ALGORITHM = "HS256"


class Caller(NamedTuple):
    """The account a valid access token speaks for. A role never changes, so the token's word is good."""

    id: int
    role: Role


def _caller(token: Token, _: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    return Caller(int(token.sub), cast("Role", token.extras["role"]))


def jwt_auth(secret: str) -> JWTAuth[Caller, Token]:
    """Make the authentication of every route that is not marked `exclude_from_auth`."""
    return JWTAuth[Caller, Token](
        token_secret=secret,
        algorithm=ALGORITHM,
        retrieve_user_handler=_caller,
        accepted_audiences=["access"],
        accepted_issuers=[ISSUER],
        require_claims=["exp", "iat", "sub", "aud", "iss"],
        exclude=["^/docs", "^/health"],
        description="The `access` token that `accounts/login/` answers.",
    )


def issue_tokens(secret: str, account_id: int, role: Role) -> Tokens:
    """Sign an access token (15 minutes) and a refresh token (14 days) for an account."""

    def sign(audience: str, lifetime: timedelta) -> str:
        now = datetime.now(UTC)
        token = Token(exp=now + lifetime, iat=now, sub=str(account_id), aud=audience, iss=ISSUER, extras={"role": role})
        return token.encode(secret, ALGORITHM)

    return Tokens(sign("access", ACCESS), sign("refresh", REFRESH), "Bearer", int(ACCESS.total_seconds()))


def refresh_tokens(secret: str, refresh: str) -> Tokens:
    """Exchange a refresh token for new tokens. Raises NotAuthorizedException if it is not ours or has expired."""
    token = Token.decode(refresh, secret, ALGORITHM, audience="refresh", issuer=ISSUER)
    if "role" not in token.extras:
        raise NotAuthorizedException("Invalid token")
    return issue_tokens(secret, int(token.sub), token.extras["role"])


def patients_only(connection: ASGIConnection[Any, Caller, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: answers 403 to doctors."""
    _require(connection, "patient")


def doctors_only(connection: ASGIConnection[Any, Caller, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: answers 403 to patients."""
    _require(connection, "doctor")


def _require(connection: ASGIConnection[Any, Caller, Any, Any], role: Role) -> None:
    if connection.user.role != role:
        raise ProblemError(403, "forbidden", f"Only a {role} may do this.")
