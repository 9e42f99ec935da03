"""`/api/accounts/register`: registration."""

from typing import Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.problems import problems
from app.api.rate_limits.limits import RateLimits
from app.domain.accounts.repository import AccountRepository
from app.domain.accounts.schemas import OwnAccount, RegisterDoctor, RegisterPatient
from app.domain.auth.passwords import hash_password, refuse_guessable


async def provide_accounts(db_session: NamedDependency[AsyncSession]) -> AccountRepository:
    """Provide the repository of a request."""
    return AccountRepository(session=db_session, auto_refresh=False)


class AccountController(Controller):
    """Registration."""

    path = "/api/accounts"
    tags = ("accounts",)
    dependencies = {"accounts": Provide(provide_accounts)}  # noqa: RUF012  Litestar reads it from the class

    @post("/register", operation_id="register", exclude_from_auth=True, responses=problems(409, 422))
    async def register(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[RegisterDoctor | RegisterPatient],
        accounts: NamedDependency[AccountRepository],
        rate_limits: NamedDependency[RateLimits],
    ) -> OwnAccount:
        """Register a doctor or a patient.

        Sends a verification email. A doctor is not public until an admin verifies them.
        """
        await rate_limits.count_registration(request)
        refuse_guessable("password", data.password, data.username, data.email)
        return await accounts.register(data, await hash_password(data.password))
