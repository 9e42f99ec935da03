"""Sessions. Each call is one statement; app/db/sql/accounts/start_session.sql explains when a session ends."""

from dataclasses import dataclass

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.problems import ProblemError
from app.db import models
from app.db.driver import LOGIN_ENDED, fetch, fetch_one, pooled_connection, run_with_timeout
from app.domain.auth.schemas import Tokens
from app.domain.auth.tokens import ACCESS_LIFETIME, IsCurrent, Role, Secret, access_token

START = "SELECT start_session($1, $2, $3) AS generation"
ROTATE = "SELECT account_id, role, generation FROM rotate_refresh_token($1, $2)"
LOG_OUT = "SELECT log_out($1, $2)"
CHANGE_PASSWORD = "SELECT change_password($1, $2, $3) AS changed"  # noqa: S105  a statement, not a password
REQUIRE_LOGIN = "SELECT require_login($1, $2)"


def make_login_check(engine: AsyncEngine) -> IsCurrent:
    """Return a check, made for each request, whether an account's access tokens of a generation are still valid."""

    async def is_current(account_id: int, generation: int) -> bool:
        async with pooled_connection(engine) as driver:
            try:
                await run_with_timeout(driver, lambda: driver.fetchval(REQUIRE_LOGIN, account_id, generation))
            except asyncpg.PostgresError as error:
                if error.sqlstate == LOGIN_ENDED:
                    return False
                raise
            return True

    return is_current


@dataclass(frozen=True)
class SessionRepository:
    """Starts, continues and ends sessions. `secret` signs the access tokens."""

    engine: AsyncEngine

    async def start(self, account: models.Account, password_hash: str | None, secret: str) -> Tokens | None:
        """Issue tokens to an account with a verified password; None if the password has changed meanwhile."""
        refresh = Secret.new()
        row = await fetch_one(self.engine, START, account.id, password_hash, refresh.hash)
        if row is None or row["generation"] is None:
            return None
        role: Role = "doctor" if account.role == "doctor" else "patient"
        return _tokens(secret, account.id, role, row["generation"], refresh)

    async def rotate(self, refresh: str, secret: str) -> Tokens:
        """Exchange a refresh token for new tokens. Raises ProblemError (401) if it is no longer valid."""
        fresh = Secret.new()
        row = await fetch_one(self.engine, ROTATE, Secret.of(refresh).hash, fresh.hash)
        if row is None:
            raise ProblemError(401, "unauthorized", "This refresh token is no longer valid. Please log in again.")
        return _tokens(secret, row["account_id"], row["role"], row["generation"], fresh)

    async def log_out(self, account_id: int, refresh: str | None) -> None:
        """End the session of a refresh token or, without one, all sessions. Revokes all access tokens at once."""
        await fetch(self.engine, LOG_OUT, account_id, Secret.of(refresh).hash if refresh else None)

    async def change_password(self, account_id: int, old_hash: str, new_hash: str) -> bool:
        """Replace a verified password and end all sessions; False if the password has changed meanwhile."""
        row = await fetch_one(self.engine, CHANGE_PASSWORD, account_id, old_hash, new_hash)
        return bool(row and row["changed"])


def _tokens(secret: str, account_id: int, role: Role, generation: int, refresh: Secret) -> Tokens:
    access = access_token(secret, account_id, role, generation)
    return Tokens(access, refresh.text, "Bearer", int(ACCESS_LIFETIME.total_seconds()))
