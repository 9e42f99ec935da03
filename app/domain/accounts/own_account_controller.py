"""`/api/accounts/me`: the caller's own account."""

from typing import Any

from litestar import Controller, Request, get, patch, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from litestar.security.jwt import Token
from msgspec import UNSET, structs, to_builtins

from app.api.problems import FieldError, invalid_request, problems
from app.api.rate_limits.limits import RateLimits
from app.domain.accounts.controller import provide_accounts
from app.domain.accounts.repository import AccountRepository
from app.domain.accounts.schemas import ChangeAccount, ChangedAccount, DoctorAccount, OwnAccount
from app.domain.auth.tokens import Caller, Role
from app.domain.schedule.schemas import ScheduleChange

PROFILE = {"email", "full_name", "phone", "timezone"}
PRACTICE = {
    *("specialty", "experience_years"),
    *("slot_minutes", "buffer_minutes", "max_appointments", "fee", "currency"),
    *ScheduleChange.__struct_fields__,
}
EDITABLE: dict[Role, set[str]] = {"patient": PROFILE, "doctor": PROFILE | PRACTICE}


class OwnAccountController(Controller):
    """The caller's own account."""

    path = "/api/accounts/me"
    tags = ("accounts",)
    dependencies = {"accounts": Provide(provide_accounts)}  # noqa: RUF012  Litestar reads it from the class

    @get(operation_id="get_own_account")
    async def me(
        self, request: Request[Caller, Token, Any], accounts: NamedDependency[AccountRepository]
    ) -> OwnAccount:
        """Return the caller's account."""
        return await accounts.own(request.user.id)

    @patch(operation_id="change_own_account", responses=problems(409, 422))
    async def change(
        self,
        request: Request[Caller, Token, Any],
        data: JSONBody[ChangeAccount],
        accounts: NamedDependency[AccountRepository],
        rate_limits: NamedDependency[RateLimits],
    ) -> ChangedAccount:
        """Change the caller's account. Omitted fields stay the same.

        A new time zone is refused if appointments would be outside the working hours; `affected` lists them.
        """
        return await _change(request, data, accounts, rate_limits)

    @put(operation_id="replace_own_account", responses=problems(409, 422))
    async def replace(
        self,
        request: Request[Caller, Token, Any],
        data: JSONBody[ChangeAccount],
        accounts: NamedDependency[AccountRepository],
        rate_limits: NamedDependency[RateLimits],
    ) -> ChangedAccount:
        """Change the caller's account, exactly as PATCH does."""
        return await _change(request, data, accounts, rate_limits)


async def _change(
    request: Request[Caller, Token, Any], data: ChangeAccount, accounts: AccountRepository, rate_limits: RateLimits
) -> ChangedAccount:
    own = await accounts.own(request.user.id)
    present = to_builtins(own) | structs.asdict(ScheduleChange())
    given = {name: value for name, value in structs.asdict(data).items() if value is not UNSET}
    changes = {name: value for name, value in given.items() if name not in present or value != present[name]}
    refused = sorted(changes.keys() - EDITABLE[request.user.role])
    if refused:
        message = f"A {request.user.role} cannot change this field."
        raise invalid_request([FieldError(name, message) for name in refused])
    if "email" in changes:
        # each change sends a mail to an address that can be anyone's
        await rate_limits.count_attempt(request, "email", str(request.user.id))
    if isinstance(own, DoctorAccount):
        return await accounts.change_doctor(own, changes, data)
    return await accounts.change_patient(own.id, changes)
