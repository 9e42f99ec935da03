"""Codes by mail, with which people show that an address is theirs; what one is good for, app/db/sql says.

Each is known to PostgreSQL by its hash alone.
"""

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
    """Has codes mailed, and takes them."""

    engine: AsyncEngine

    async def request_verification(self, account_id: int) -> None:
        """Have a code mailed to the address that an account has yet to prove, if there is one."""
        await fetch(self.engine, REQUEST_VERIFICATION, account_id)

    async def verify_email(self, code: str) -> None:
        """Take the address that a code was mailed to for proven. Raises ProblemError (422), account_email_unique."""
        row = await fetch_one(self.engine, VERIFY, Secret.of(code).hash)
        if not (row and row["done"]):
            raise invalid_code()

    async def request_reset(self, email: str) -> None:
        """Have a code mailed to an address if it is an account's. It takes as long if it is not."""
        await fetch(self.engine, REQUEST_RESET, email)

    async def find_reset_account(self, code: str) -> tuple[str, str]:
        """Return username and email of the account whose password a code may set. Raises ProblemError (422)."""
        row = await fetch_one(self.engine, RESET_OF, Secret.of(code).hash)
        if row is None:
            raise invalid_code()
        return row["username"], row["email"]

    async def reset_password(self, code: str, password_hash: str) -> None:
        """Set the password that a code is for, and end all logins. Raises ProblemError (422)."""
        row = await fetch_one(self.engine, RESET, Secret.of(code).hash, password_hash)
        if not (row and row["done"]):
            raise invalid_code()


def invalid_code() -> ProblemError:
    """Make the answer to a code that opens nothing."""
    return ProblemError(422, "code_invalid", "This code is wrong, too old or used. Have another mailed to you.")
