"""The outbox: which mails are due, who sends one, and what became of it."""

from datetime import timedelta

from advanced_alchemy.repository import SQLAlchemyAsyncRepository

from app.db import models
from app.db.driver import fetch, fetch_one
from app.domain.notifications.schemas import AccountLetter, Event, Letter

# The limit is on rows, so that the index on due_at ends the search however long the outbox is.
DUE_EVENTS = """
    SELECT appointment_id, appointment_version, account_id, min(request_id)
    FROM (
        SELECT id, appointment_id, appointment_version, request_id,
            CASE WHEN appointment_id IS NULL THEN account_id END AS account_id
        FROM notification
        WHERE status = 'queued' AND due_at <= now()
        ORDER BY due_at, id
        LIMIT $1
    ) AS due
    GROUP BY appointment_id, appointment_version, account_id
    ORDER BY min(id)
"""
DUE_IN_EVENT = """
    SELECT id FROM notification
    WHERE appointment_id = $1 AND appointment_version = $2 AND status = 'queued' AND due_at <= now()
    ORDER BY id
"""
DUE_ABOUT_ACCOUNT = """
    SELECT id FROM notification
    WHERE account_id = $1 AND appointment_id IS NULL AND status = 'queued' AND due_at <= now()
    ORDER BY id
"""
CLAIM = "SELECT * FROM claim_notification($1, $2, $3)"
SENT = "SELECT notification_sent($1)"
FAILED = "SELECT notification_failed($1, $2, $3)"


class NotificationRepository(SQLAlchemyAsyncRepository[models.Notification]):
    """Hands out mails to send, each to one worker at a time."""

    model_type = models.Notification

    async def due_events(self, limit: int) -> list[Event]:
        """Return the events of the `limit` mails that have been due longest, those with the oldest mail first."""
        return [Event(*row) for row in await fetch(self.session, DUE_EVENTS, limit)]

    async def due_in(self, event: Event) -> list[int]:
        """Return the ids of an event's due mails in the order in which they are to be sent."""
        if event.account_id is not None:
            rows = await fetch(self.session, DUE_ABOUT_ACCOUNT, event.account_id)
        else:
            rows = await fetch(self.session, DUE_IN_EVENT, event.appointment_id, event.version)
        return [row["id"] for row in rows]

    async def claim(self, notification_id: int, lease: timedelta, code_hash: bytes) -> Letter | AccountLetter | None:
        """Take a mail for as long as `lease`; None if it is not to be sent: done, stale or another worker's.

        If it is for a code, the one of this hash (SHA-256) is good from now on.
        """
        row = await fetch_one(self.session, CLAIM, notification_id, lease, code_hash)
        if row is None:
            return None
        kind: type[Letter | AccountLetter] = Letter if row["starts_at"] else AccountLetter
        return kind(**{name: row[name] for name in kind.__struct_fields__ if name in row})

    async def sent(self, notification_id: int) -> None:
        """Write down that the mail server took the mail."""
        await fetch(self.session, SENT, notification_id)

    async def failed(self, notification_id: int, why: str, *, permanent: bool) -> None:
        """Write down that an attempt failed; unless `permanent`, it is tried again later."""
        await fetch(self.session, FAILED, notification_id, why, permanent)
