"""Mailed codes that verify an email address or reset a password. PostgreSQL stores only their hashes."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.problems import ProblemError
from app.db.driver import fetch, fetch_one
from app.domain.auth.tokens import Secret

REQUEST_VERIFICATION = "SELECT request_email_verification($1)"
VERIFY = "SELECT verify_email($1) AS done"
REQUEST_RESET = "SELECT request_password_reset($1)"
RESET_OF = "SELECT username, email FROM password_reset_of($1)"
RESET = "SELECT reset_password($1, $2) AS done"


@dataclass(frozen=True)
class CodeRepository:
    """Has codes mailed, and redeems them."""

    engine: AsyncEngine

    async def request_verification(self, account_id: int) -> None:
        """Have a code mailed to the unverified address of an account, if it has one."""
        await fetch(self.engine, REQUEST_VERIFICATION, account_id)

    async def verify_email(self, code: str) -> None:
        """Mark the address of a code as verified. Raises ProblemError (422), or the rule account_email_unique."""
        row = await fetch_one(self.engine, VERIFY, Secret.of(code).hash)
        if not (row and row["done"]):
            raise invalid_code()

    async def request_reset(self, email: str) -> None:
        """Have a code mailed to an address if an account has it. Takes as long if none has."""
        await fetch(self.engine, REQUEST_RESET, email)

    async def find_reset_account(self, code: str) -> tuple[str, str]:
        """Return username and email of the account of a reset code. Raises ProblemError (422)."""
        row = await fetch_one(self.engine, RESET_OF, Secret.of(code).hash)
        if row is None:
            raise invalid_code()
        return row["username"], row["email"]

    async def reset_password(self, code: str, password_hash: str) -> None:
        """Set the password of the account of a reset code, and end all sessions. Raises ProblemError (422)."""
        row = await fetch_one(self.engine, RESET, Secret.of(code).hash, password_hash)
        if not (row and row["done"]):
            raise invalid_code()


def invalid_code() -> ProblemError:
    """Return the error for a code that cannot be redeemed."""
    return ProblemError(422, "code_invalid", "This code is wrong, expired or already used. Please request a new one.")
