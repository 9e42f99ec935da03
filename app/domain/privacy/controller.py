"""`/api/accounts/me`: export the caller's data, and delete the account."""

from typing import Any

from litestar import Request, delete, get
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from litestar.security.jwt import Token
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.problems import problems
from app.api.rate_limits.limits import RateLimits
from app.domain.accounts.controller import provide_accounts
from app.domain.accounts.repository import AccountRepository
from app.domain.auth.tokens import Caller
from app.domain.privacy.repository import OwnDataRepository
from app.domain.privacy.schemas import DeleteAccount, Export
from app.domain.shared_schemas import Done


async def provide_own_data(db_engine: NamedDependency[AsyncEngine]) -> OwnDataRepository:
    """Provide the repository of a request."""
    return OwnDataRepository(db_engine)


DEPENDENCIES = {"accounts": Provide(provide_accounts), "own_data": Provide(provide_own_data)}


@get("/api/accounts/me/export", operation_id="export_own_data", tags=["accounts"], dependencies=DEPENDENCIES)
async def export(
    request: Request[Caller, Token, Any],
    accounts: NamedDependency[AccountRepository],
    own_data: NamedDependency[OwnDataRepository],
) -> Export:
    """Return all data that is stored about the caller.

    Passwords, tokens and codes are stored only as hashes, which are not included.
    """
    return await own_data.export(await accounts.own(request.user.id))


# Not in a controller: Litestar does not let two controllers share a path, and OwnAccountController has this one.
@delete(
    "/api/accounts/me",
    operation_id="delete_own_account",
    status_code=200,
    tags=["accounts"],
    responses=problems(409, 422),
    dependencies=DEPENDENCIES,
)
async def erase(
    request: Request[Caller, Token, Any],
    data: JSONBody[DeleteAccount],
    accounts: NamedDependency[AccountRepository],
    own_data: NamedDependency[OwnDataRepository],
    rate_limits: NamedDependency[RateLimits],
) -> Done:
    """Delete the caller's account permanently.

    Upcoming appointments are canceled first. Refused if some can no longer be canceled; `affected` lists them.
    """
    await rate_limits.count_attempt(request, "password", str(request.user.id))
    password_hash = await accounts.confirm_password(request.user.id, data.password)
    await own_data.erase(request.user, password_hash)
    return Done("Your account has been deleted.")
