"""The credentials of accounts: username, email and password."""

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import func, select

from app.api.problems import account_gone
from app.db.models import Account
from app.domain.auth.passwords import verify_password, wrong_password


class CredentialRepository(SQLAlchemyAsyncRepository[Account]):
    """Finds accounts and checks their passwords."""

    model_type = Account

    async def find_login(self, *, username: str | None, email: str | None) -> tuple[Account | None, str | None]:
        """Return the account of a username or else an email, ignoring case, and its password hash."""
        column, value = (Account.username, username) if username is not None else (Account.email, email)
        query = select(Account, func.password_hash_of(Account.id)).where(func.lower(column) == func.lower(value))
        found = (await self.session.execute(query)).one_or_none()
        await self.session.commit()  # do not keep a transaction open while the password is verified
        return (found[0], found[1]) if found else (None, None)

    async def confirm_password(self, account_id: int, password: str) -> str:
        """Return the hash of an account's password. Raises ProblemError: 422 if it is wrong, 401 without an account."""
        await self.account(account_id)
        password_hash: str | None = await self.session.scalar(select(func.password_hash_of(account_id)))
        await self.session.commit()  # do not keep a transaction open while the password is verified
        if password_hash is None or not await verify_password(password_hash, password):
            raise wrong_password("Your current password is wrong.")
        return password_hash

    async def account(self, account_id: int) -> Account:
        """Return an account. Raises ProblemError (401) if it does not exist or is erased."""
        account = await self.get_one_or_none(id=account_id)
        if account is None or account.status == "erased":
            raise account_gone()
        return account

    async def names(self, account_id: int) -> tuple[str, ...]:
        """Return an account's username and email. Raises ProblemError (401) if there is no account."""
        account = await self.account(account_id)
        return tuple(filter(None, (account.username, account.email)))  # only an erased account has neither
