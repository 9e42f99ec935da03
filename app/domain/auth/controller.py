"""`/api/accounts`: log in, log out, change the password."""

from typing import Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from litestar.security.jwt import Token
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.api.problems import ProblemError, problems
from app.api.rate_limits.limits import RateLimits
from app.domain.auth.passwords import hash_password, refuse_guessable, verify_password, wrong_password
from app.domain.auth.repository import CredentialRepository
from app.domain.auth.schemas import ChangePassword, Login, Logout, Refresh, Tokens
from app.domain.auth.sessions import SessionRepository
from app.domain.auth.tokens import Caller
from app.domain.shared_schemas import Done
from app.settings import Settings


async def provide_credentials(db_session: NamedDependency[AsyncSession]) -> CredentialRepository:
    """Provide the repository of a request."""
    return CredentialRepository(session=db_session, auto_refresh=False)


async def provide_sessions(db_engine: NamedDependency[AsyncEngine]) -> SessionRepository:
    """Provide the repository of a request."""
    return SessionRepository(db_engine)


class AuthController(Controller):
    """Tokens and passwords."""

    path = "/api/accounts"
    tags = ("accounts",)
    dependencies = {  # noqa: RUF012  Litestar reads it from the class
        "credentials": Provide(provide_credentials),
        "sessions": Provide(provide_sessions),
    }

    @post("/login", operation_id="login", status_code=200, exclude_from_auth=True, responses=problems(401))
    async def login(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[Login],
        credentials: NamedDependency[CredentialRepository],
        sessions: NamedDependency[SessionRepository],
        settings: NamedDependency[Settings],
        rate_limits: NamedDependency[RateLimits],
    ) -> Tokens:
        """Log in with a username or email and a password."""
        await rate_limits.count_attempt(request, "login", data.username or data.email or "")
        account, password_hash = await credentials.find_login(username=data.username, email=data.email)
        is_right = await verify_password(password_hash, data.password)
        tokens = await sessions.start(account, password_hash, settings.secret_key) if is_right and account else None
        if tokens is None:
            raise ProblemError(401, "invalid_credentials", "The username, email or password is wrong.")
        return tokens

    @post(
        "/token/refresh",
        operation_id="refresh_tokens",
        status_code=200,
        exclude_from_auth=True,
        responses=problems(401),
    )
    async def refresh(
        self,
        data: JSONBody[Refresh],
        sessions: NamedDependency[SessionRepository],
        settings: NamedDependency[Settings],
    ) -> Tokens:
        """Exchange a refresh token for new tokens.

        Reusing a refresh token revokes the session.
        """
        return await sessions.rotate(data.refresh, settings.secret_key)

    @post("/logout", operation_id="logout", status_code=200)
    async def logout(
        self,
        request: Request[Caller, Token, Any],
        sessions: NamedDependency[SessionRepository],
        data: JSONBody[Logout | None] = None,
    ) -> Done:
        """Log out of one session or of all.

        All access tokens of the account are revoked at once. Other sessions get a new one with their refresh token.
        """
        await sessions.log_out(request.user.id, data.refresh if data else None)
        return Done("You are logged out.")

    @post("/password", operation_id="change_password", status_code=200, responses=problems(422))
    async def change_password(
        self,
        request: Request[Caller, Token, Any],
        data: JSONBody[ChangePassword],
        credentials: NamedDependency[CredentialRepository],
        sessions: NamedDependency[SessionRepository],
        rate_limits: NamedDependency[RateLimits],
    ) -> Done:
        """Change the password. This logs the account out of all sessions."""
        refuse_guessable("new_password", data.new_password, *await credentials.names(request.user.id))
        await rate_limits.count_attempt(request, "password", str(request.user.id))
        old_hash = await credentials.confirm_password(request.user.id, data.password)
        if not await sessions.change_password(request.user.id, old_hash, await hash_password(data.new_password)):
            raise wrong_password("Your password has just been changed elsewhere. Please log in again.")
        return Done("Your password has been changed. Please log in with the new one.")
