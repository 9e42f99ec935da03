"""The outbox: which mails are due, who sends one, and what became of it."""

from datetime import timedelta

from advanced_alchemy.repository import SQLAlchemyAsyncRepository

from app.db import models
from app.db.driver import fetch, fetch_one
from app.domain.notifications.schemas import Event, Letter

# The limit is on rows, so that the index on due_at ends the search however long the outbox is.
DUE_EVENTS = """
    SELECT appointment_id, appointment_version, min(request_id)
    FROM (
        SELECT id, appointment_id, appointment_version, request_id FROM notification
        WHERE status = 'queued' AND due_at <= now()
        ORDER BY due_at, id
        LIMIT $1
    ) AS due
    GROUP BY appointment_id, appointment_version
    ORDER BY min(id)
"""
DUE_IN_EVENT = """
    SELECT id FROM notification
    WHERE appointment_id = $1 AND appointment_version = $2 AND status = 'queued' AND due_at <= now()
    ORDER BY id
"""
CLAIM = "SELECT * FROM claim_notification($1, $2)"
SENT = "SELECT notification_sent($1)"
FAILED = "SELECT notification_failed($1, $2, $3)"


class NotificationRepository(SQLAlchemyAsyncRepository[models.Notification]):
    """Hands out mails to send, each to one worker at a time."""

    model_type = models.Notification

    async def due_events(self, limit: int) -> list[Event]:
        """Return the events of the `limit` mails that have been due longest, those with the oldest mail first."""
        return [Event(*row) for row in await fetch(self.session, DUE_EVENTS, limit)]

    async def due_in(self, appointment_id: int, version: int) -> list[int]:
        """Return the ids of an event's due mails in the order in which they are to be sent."""
        return [row["id"] for row in await fetch(self.session, DUE_IN_EVENT, appointment_id, version)]

    async def claim(self, notification_id: int, lease: timedelta) -> Letter | None:
        """Take a mail for as long as `lease`; None if it is not to be sent: done, stale or another worker's."""
        row = await fetch_one(self.session, CLAIM, notification_id, lease)
        return Letter(**row) if row else None

    async def sent(self, notification_id: int) -> None:
        """Write down that the mail server took the mail."""
        await fetch(self.session, SENT, notification_id)

    async def failed(self, notification_id: int, why: str, *, permanent: bool) -> None:
        """Write down that an attempt failed; unless `permanent`, it is tried again later."""
        await fetch(self.session, FAILED, notification_id, why, permanent)
