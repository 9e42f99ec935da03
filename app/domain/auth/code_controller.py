"""`/api/accounts`: verify an email address or reset a password with a mailed code."""

from typing import Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from litestar.security.jwt import Token
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.problems import problems
from app.api.rate_limits.limits import RateLimits
from app.domain.auth.codes import CodeRepository
from app.domain.auth.passwords import hash_password, refuse_guessable
from app.domain.auth.schemas import RequestPasswordReset, ResetPassword, VerifyEmail
from app.domain.auth.tokens import Caller
from app.domain.shared_schemas import Done


async def provide_codes(db_engine: NamedDependency[AsyncEngine]) -> CodeRepository:
    """Provide the repository of a request."""
    return CodeRepository(db_engine)


class CodeController(Controller):
    """Email verification and password reset."""

    path = "/api/accounts"
    tags = ("accounts",)
    dependencies = {"codes": Provide(provide_codes)}  # noqa: RUF012  Litestar reads it from the class

    @post("/email/verification", operation_id="request_email_verification", status_code=202)
    async def request_verification(
        self,
        request: Request[Caller, Token, Any],
        codes: NamedDependency[CodeRepository],
        rate_limits: NamedDependency[RateLimits],
    ) -> Done:
        """Email a verification code to the account's address or, if there is one, to the pending address.

        Sends at most one email a minute.
        """
        await rate_limits.count_attempt(request, "verification", str(request.user.id))
        await codes.request_verification(request.user.id)
        return Done("If your email address is not verified yet, you will receive an email with a code.")

    @post(
        "/email/verify",
        operation_id="verify_email",
        status_code=200,
        exclude_from_auth=True,
        responses=problems(409, 422),
    )
    async def verify(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[VerifyEmail],
        codes: NamedDependency[CodeRepository],
        rate_limits: NamedDependency[RateLimits],
    ) -> Done:
        """Verify an email address with the code that was sent to it.

        A pending address becomes the account's address.
        """
        await rate_limits.count_attempt(request, "code", data.token)
        await codes.verify_email(data.token)
        return Done("Your email address is verified.")

    @post("/password/reset", operation_id="request_password_reset", status_code=202, exclude_from_auth=True)
    async def request_reset(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[RequestPasswordReset],
        codes: NamedDependency[CodeRepository],
        rate_limits: NamedDependency[RateLimits],
    ) -> Done:
        """Email a code for setting a new password.

        The response does not show whether an account with this address exists.
        """
        await rate_limits.count_attempt(request, "reset", data.email)
        await codes.request_reset(data.email)
        return Done("If there is an account with this address, you will receive an email with a code.")

    @post(
        "/password/reset/confirm",
        operation_id="reset_password",
        status_code=200,
        exclude_from_auth=True,
        responses=problems(422),
    )
    async def reset(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[ResetPassword],
        codes: NamedDependency[CodeRepository],
        rate_limits: NamedDependency[RateLimits],
    ) -> Done:
        """Set a new password with an emailed code. This logs the account out of all sessions."""
        await rate_limits.count_attempt(request, "code", data.token)
        refuse_guessable("password", data.password, *await codes.find_reset_account(data.token))
        await codes.reset_password(data.token, await hash_password(data.password))
        return Done("Your password has been changed. Please log in with the new one.")
