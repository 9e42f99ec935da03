"""The outbox: finds due mails, claims them for a worker, and records the result."""

from dataclasses import dataclass
from datetime import timedelta

from msgspec import convert
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.columns import column_list
from app.db.driver import fetch, fetch_one
from app.domain.calendar.icalendar_file import CalendarEntry
from app.domain.notifications.schemas import AccountNotification, AppointmentNotification

# Limits the rows before grouping, so that the index on due_at bounds the search for any length of the outbox.
DUE_ACCOUNTS = """
    SELECT account_id
    FROM (
        SELECT id, account_id FROM notification
        WHERE status = 'queued' AND due_at <= now()
        ORDER BY due_at, id
        LIMIT $1
    ) AS due
    GROUP BY account_id
    ORDER BY min(id)
"""
DUE_TO = """
    SELECT id FROM notification
    WHERE account_id = $1 AND id > $2 AND status = 'queued' AND due_at <= now()
    ORDER BY id
"""
NOT_IN_DATABASE = {"code", "page", "call", "link"}  # added by the worker
MESSAGE = column_list(
    name
    for name in dict.fromkeys((*AppointmentNotification.__struct_fields__, *AccountNotification.__struct_fields__))
    if name not in NOT_IN_DATABASE
)
CLAIM = f"SELECT {MESSAGE} FROM claim_notification($1, $2, $3)"  # noqa: S608  our own columns
SENT = "SELECT notification_sent($1)"
FAILED = "SELECT notification_failed($1, $2, $3)"


@dataclass(frozen=True)
class NotificationRepository:
    """Claims each due mail for one worker at a time."""

    engine: AsyncEngine

    async def due_accounts(self, limit: int) -> list[int]:
        """Return the accounts of the `limit` mails that have been due longest, starting with the oldest mail's."""
        return [row["account_id"] for row in await fetch(self.engine, DUE_ACCOUNTS, limit)]

    async def due_to(self, account_id: int, after: int) -> list[int]:
        """Return the ids greater than `after` of an account's due mails, in sending order."""
        return [row["id"] for row in await fetch(self.engine, DUE_TO, account_id, after)]

    async def claim(
        self, notification_id: int, lease: timedelta, code_hash: bytes
    ) -> AppointmentNotification | AccountNotification | None:
        """Claim a mail for `lease`. Return None if it is sent, obsolete, claimed by another worker, or blocked.

        If the mail contains a code, the code with this hash (SHA-256) becomes valid.
        """
        row = await fetch_one(self.engine, CLAIM, notification_id, lease, code_hash)
        if row is None:
            return None
        kind: type[AppointmentNotification | AccountNotification] = (
            AppointmentNotification if row["starts_at"] else AccountNotification
        )
        columns = {name: row[name] for name in kind.__struct_fields__ if name in row}
        if "calendar" in columns:
            columns["calendar"] = convert(columns["calendar"], list[CalendarEntry])
        return kind(**columns)

    async def sent(self, notification_id: int) -> None:
        """Record that the mail server accepted the mail."""
        await fetch(self.engine, SENT, notification_id)

    async def failed(self, notification_id: int, why: str, *, permanent: bool) -> None:
        """Record a failed attempt. Unless `permanent`, another attempt follows later."""
        await fetch(self.engine, FAILED, notification_id, why, permanent)
