"""Accounts and profiles. Calls are rare, so they use the ORM, except where appointments can be affected."""

from decimal import Decimal
from typing import Any, cast

from msgspec import UNSET, convert, json, structs
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.columns import column_list
from app.db.driver import fetch, fetch_if, fetch_within
from app.db.models import Account, Doctor, Patient, WorkingHours
from app.domain.accounts.schemas import (
    ChangedDoctorAccount,
    DoctorAccount,
    OwnAccount,
    PatientAccount,
    RegisterDoctor,
    RegisterPatient,
)
from app.domain.auth.repository import CredentialRepository
from app.domain.schedule.changes import affected_or_refuse, should_commit
from app.domain.schedule.schemas import ScheduleChange
from app.domain.shared_schemas import Appointment

CHANGE_PATIENT = "SELECT change_patient($1, $2)"
PRACTICE = (
    "full_name",
    "phone",
    "timezone",
    "specialty",
    "experience_years",
    "slot_minutes",
    "buffer_minutes",
    "fee",
    "currency",
    "max_appointments",
)
# A row for each affected appointment, or one with NULLs. An array would be decoded by asyncpg's cached row type.
CHANGE_PRACTICE = f"""
    SELECT
        {", ".join(f"(changed.practice).{name} AS practice_{name}" for name in PRACTICE)},
        {column_list(Appointment, of="affected")}
    FROM change_practice($1, $2, $3) AS changed
    LEFT JOIN unnest(changed.affected) AS affected ON true
"""  # noqa: S608  only constants
REQUEST_VERIFICATION = "SELECT request_email_verification($1)"
WORKDAYS = range(1, 6)
DEFAULT_START_MINUTE, DEFAULT_END_MINUTE = 9 * 60, 17 * 60  # minutes of the day


class AccountRepository(CredentialRepository):
    """Registers accounts, and reads and changes their profiles."""

    async def register(self, new: RegisterDoctor | RegisterPatient, password_hash: str) -> OwnAccount:
        """Store an account with its profile, and queue a verification mail.

        Raises the database's refusal, such as account_username_unique.
        """
        role = "doctor" if isinstance(new, RegisterDoctor) else "patient"
        # only these columns: the API's role has no right to set others
        row = insert(Account).values(username=new.username, email=new.email, password_hash=password_hash, role=role)
        account_id = (await self.session.scalars(row.returning(Account.id))).one()
        given = {k: v for k, v in structs.asdict(new).items() if v is not UNSET}
        profile: dict[str, Any] = {"full_name": new.username} | given | {"account_id": account_id}
        for name in ("username", "email", "password"):
            del profile[name]
        if isinstance(new, RegisterDoctor):
            await self._add_doctor(profile)
        else:
            self.session.add(Patient(**profile))
        await self.session.flush()
        await fetch_within(self.session, REQUEST_VERIFICATION, account_id)
        await self.session.commit()
        return await self.own(account_id)

    async def _add_doctor(self, profile: dict[str, Any]) -> None:
        if "fee" in profile:
            profile["fee"] = Decimal(profile["fee"])
        self.session.add(Doctor(**profile))
        await self.session.flush()
        self.session.add_all(
            WorkingHours(
                doctor_id=profile["account_id"],
                weekday=day,
                start_minute=DEFAULT_START_MINUTE,
                end_minute=DEFAULT_END_MINUTE,
            )
            for day in WORKDAYS
        )

    async def own(self, account_id: int) -> OwnAccount:
        """Return an account as its owner sees it. Raises ProblemError (401) if it does not exist."""
        account = await self.account(account_id)
        profile = await self._profile(account)
        model: type[OwnAccount] = DoctorAccount if account.role == "doctor" else PatientAccount
        both = {**profile.to_dict(), **account.to_dict()}
        both["verified"] = both.get("verified_at") is not None
        return convert({name: both[name] for name in model.__struct_fields__}, model)

    async def change_patient(self, account_id: int, changes: dict[str, Any]) -> PatientAccount:
        """Write changed fields of a patient's account and profile. Raises the database's refusal."""
        await self.session.rollback()  # ends the transaction of earlier reads: the change runs in its own
        await fetch(self._engine, CHANGE_PATIENT, account_id, json.encode(changes).decode())
        self.session.expire_all()
        return cast("PatientAccount", await self.own(account_id))

    async def change_doctor(
        self, own: DoctorAccount, changes: dict[str, Any], how: ScheduleChange
    ) -> ChangedDoctorAccount:
        """Write changed fields of a doctor's account and profile, all or none.

        Raises ProblemError with the appointments that would be outside the working hours, or with the broken rule.
        """
        await self.session.rollback()  # ends the transaction of earlier reads: the change runs in its own
        arguments = (own.id, json.encode(changes).decode(), how.cancel_affected)
        rows = await fetch_if(self._engine, should_commit(how), CHANGE_PRACTICE, *arguments)
        affected = affected_or_refuse("working_hours_cover_appointments", how, rows)
        practice = {name: rows[0][f"practice_{name}"] for name in PRACTICE}
        pending = {"pending_email": changes["email"]} if "email" in changes else {}
        values = structs.asdict(own) | pending | practice | {"affected": affected}
        return ChangedDoctorAccount(**{name: values[name] for name in ChangedDoctorAccount.__struct_fields__})

    @property
    def _engine(self) -> AsyncEngine:
        return cast("AsyncEngine", self.session.bind)

    async def _profile(self, account: Account) -> Doctor | Patient:
        profile: Doctor | Patient | None
        if account.role == "doctor":
            profile = await self.session.scalar(select(Doctor).where(Doctor.account_id == account.id))
        else:
            profile = await self.session.scalar(select(Patient).where(Patient.account_id == account.id))
        assert profile is not None  # noqa: S101  registration stores both or neither
        return profile
