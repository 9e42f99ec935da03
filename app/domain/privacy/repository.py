"""Exports and erases the data of an account."""

from dataclasses import dataclass

from asyncpg import IntegrityConstraintViolationError
from msgspec import json, structs
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.problems import refused
from app.db.columns import column_list
from app.db.driver import fetch, fetch_one
from app.domain.accounts.schemas import OwnAccount
from app.domain.auth.passwords import wrong_password
from app.domain.auth.tokens import Caller, Role
from app.domain.privacy.schemas import AccountData, Export
from app.domain.rules import refusal_of
from app.domain.shared_schemas import Appointment

ERASE: dict[Role, str] = {
    "patient": "SELECT erase_patient($1, $2) AS erased",
    "doctor": "SELECT erase_doctor($1, $2) AS erased",
}
EXPORT = "SELECT export_account($1)::text AS holdings"  # as text, in which amounts of money are exact
NOT_CANCELABLE = f"SELECT {column_list(Appointment)} FROM not_cancelable($1)"  # noqa: S608  only constants


@dataclass(frozen=True)
class OwnDataRepository:
    """Exports and erases the data of an account."""

    engine: AsyncEngine

    async def export(self, account: OwnAccount) -> Export:
        """Return all data that is stored about an account."""
        (row,) = await fetch(self.engine, EXPORT, account.id)
        holdings = json.decode(row["holdings"], type=AccountData)
        return Export(account=account, **structs.asdict(holdings))

    async def erase(self, caller: Caller, password_hash: str) -> None:
        """Cancel upcoming appointments, and erase everything but the id.

        Raises ProblemError with the appointments that a patient can no longer cancel, or if the password has changed.
        """
        try:
            row = await fetch_one(self.engine, ERASE[caller.role], caller.id, password_hash)
        except IntegrityConstraintViolationError as error:
            if (refusal := refusal_of(error)) is None:
                raise
            problem = refused(refusal)
            rows = await fetch(self.engine, NOT_CANCELABLE, caller.id)
            problem.problem.affected = [Appointment(**row) for row in rows]
            raise problem from error
        if not (row and row["erased"]):
            raise wrong_password("Your password has just been changed elsewhere. Please log in again.")
