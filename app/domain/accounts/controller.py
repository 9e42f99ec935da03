"""`/api/accounts`: register, log in, and one's own account."""

from typing import Any

from litestar import Controller, Request, get, patch, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from litestar.security.jwt import Token
from msgspec import UNSET, structs, to_builtins
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.accounts.passwords import hash_password, verify_password
from app.domain.accounts.repository import AccountRepository
from app.domain.accounts.schemas import (
    ChangeAccount,
    ChangedAccount,
    DoctorAccount,
    Login,
    OwnAccount,
    Refresh,
    RegisterDoctor,
    RegisterPatient,
    Tokens,
)
from app.domain.accounts.tokens import Caller, Role, issue_tokens, refresh_tokens
from app.domain.problems import FieldError, ProblemError, invalid_request, problems
from app.domain.schedule.schemas import ScheduleChange
from app.settings import Settings

PROFILE = {"email", "full_name", "phone", "timezone"}
PRACTICE = {
    *("specialty", "experience_years"),
    *("slot_minutes", "buffer_minutes", "max_appointments", "fee", "currency"),
    *ScheduleChange.__struct_fields__,
}
EDITABLE: dict[Role, set[str]] = {"patient": PROFILE, "doctor": PROFILE | PRACTICE}


async def provide_accounts(db_session: NamedDependency[AsyncSession]) -> AccountRepository:
    """Provide the repository of a request."""
    return AccountRepository(session=db_session, auto_refresh=False)


class AccountController(Controller):
    """Registration, tokens and one's own profile."""

    path = "/api/accounts"
    tags = ("accounts",)
    dependencies = {"accounts": Provide(provide_accounts)}  # noqa: RUF012  Litestar reads it from the class

    @post("/register", operation_id="register", exclude_from_auth=True, responses=problems(409, 422))
    async def register(
        self, data: JSONBody[RegisterDoctor | RegisterPatient], accounts: NamedDependency[AccountRepository]
    ) -> OwnAccount:
        """Register a doctor or a patient."""
        return await accounts.register(data, await hash_password(data.password))

    @post("/login", operation_id="login", status_code=200, exclude_from_auth=True, responses=problems(401))
    async def login(
        self,
        data: JSONBody[Login],
        accounts: NamedDependency[AccountRepository],
        settings: NamedDependency[Settings],
    ) -> Tokens:
        """Exchange a password for tokens."""
        account = await accounts.find_login(username=data.username, email=data.email)
        if not await verify_password(account.password_hash if account else None, data.password) or account is None:
            raise ProblemError(401, "invalid_credentials", "The username, email or password is wrong.")
        return issue_tokens(settings.secret_key, account.id, "doctor" if account.role == "doctor" else "patient")

    @post(
        "/token/refresh",
        operation_id="refresh_tokens",
        status_code=200,
        exclude_from_auth=True,
        responses=problems(401),
    )
    async def refresh(self, data: JSONBody[Refresh], settings: NamedDependency[Settings]) -> Tokens:
        """Exchange a refresh token for new tokens."""
        return refresh_tokens(settings.secret_key, data.refresh)

    @get("/me", operation_id="get_own_account")
    async def me(
        self, request: Request[Caller, Token, Any], accounts: NamedDependency[AccountRepository]
    ) -> OwnAccount:
        """Return one's own account."""
        return await accounts.own(request.user.id)

    @patch("/me", operation_id="change_own_account", responses=problems(409, 422))
    async def change(
        self,
        request: Request[Caller, Token, Any],
        data: JSONBody[ChangeAccount],
        accounts: NamedDependency[AccountRepository],
    ) -> ChangedAccount:
        """Change one's own account; what is not named stays. A zone that strands appointments is refused, with them."""
        return await _change(request.user, data, accounts)

    @put("/me", operation_id="replace_own_account", responses=problems(409, 422))
    async def replace(
        self,
        request: Request[Caller, Token, Any],
        data: JSONBody[ChangeAccount],
        accounts: NamedDependency[AccountRepository],
    ) -> ChangedAccount:
        """Change one's own account exactly as PATCH does."""
        return await _change(request.user, data, accounts)


async def _change(caller: Caller, data: ChangeAccount, accounts: AccountRepository) -> ChangedAccount:
    own = await accounts.own(caller.id)
    present = to_builtins(own) | structs.asdict(ScheduleChange())
    given = {name: value for name, value in structs.asdict(data).items() if value is not UNSET}
    changes = {name: value for name, value in given.items() if name not in present or value != present[name]}
    refused = sorted(changes.keys() - EDITABLE[caller.role])
    if refused:
        raise invalid_request([FieldError(name, f"A {caller.role} cannot change this.") for name in refused])
    if isinstance(own, DoctorAccount):
        return await accounts.change_doctor(own, changes, data)
    return await accounts.change_patient(own.id, changes)
