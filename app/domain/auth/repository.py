"""Accounts as those who log in know them: by name and password."""

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import func, select

from app.api.problems import account_gone
from app.db.models import Account
from app.domain.auth.passwords import verify_password, wrong_password


class CredentialRepository(SQLAlchemyAsyncRepository[Account]):
    """Finds accounts and checks their passwords."""

    model_type = Account

    async def find_login(self, *, username: str | None, email: str | None) -> tuple[Account | None, str | None]:
        """Return the account of a username or, without one, of an email, whatever their case, and its hash."""
        column, value = (Account.username, username) if username is not None else (Account.email, email)
        query = select(Account, func.password_hash_of(Account.id)).where(func.lower(column) == func.lower(value))
        found = (await self.session.execute(query)).one_or_none()
        await self.session.commit()  # verifying the password takes a while: no transaction waits for it
        return (found[0], found[1]) if found else (None, None)

    async def confirm_password(self, account_id: int, password: str) -> str:
        """Return the hash of an account's password, which this must be. Raises ProblemError (422; 401: no account)."""
        await self.account(account_id)
        present: str | None = await self.session.scalar(select(func.password_hash_of(account_id)))
        await self.session.commit()  # verifying it takes a while: no transaction waits for that
        if present is None or not await verify_password(present, password):
            raise wrong_password("This is not your present password.")
        return present

    async def account(self, account_id: int) -> Account:
        """Return an account that is not erased. Raises ProblemError (401) if there is none."""
        account = await self.get_one_or_none(id=account_id)
        if account is None or account.status == "erased":
            raise account_gone()
        return account

    async def names(self, account_id: int) -> tuple[str, ...]:
        """Return an account's username and email. Raises ProblemError (401) if there is none."""
        account = await self.account(account_id)
        return tuple(filter(None, (account.username, account.email)))  # only an erased account has neither
