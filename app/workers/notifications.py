"""Sends the due mails of the outbox, with one job for each account that sends its mails in order."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat

import structlog
from msgspec.structs import replace

from app.domain.auth.tokens import Secret
from app.domain.notifications.compose import compose
from app.domain.notifications.links import with_code, with_waitlist_entry_url
from app.domain.notifications.locales import locale_for
from app.domain.notifications.mail_server import MailConnection, is_permanent
from app.domain.notifications.repository import NotificationRepository
from app.domain.notifications.schemas import AccountNotification, AppointmentNotification
from app.domain.waitlist.offers.links import offer_url
from app.logs import request_id
from app.outage_log import error_location, error_name
from app.workers.context import WorkerContext

log = structlog.get_logger()

# If a worker is killed, the lease of its mail ends after 20 s. Another worker aborts its job at most 25 s after the
# last heartbeat; until then, SAQ drops new jobs for the account as duplicates. The next sweep adds a job, so that the
# mail is sent within about 30 s.
# Sending takes at most 10 s (MailConnection), so the lease does not end while a mail is being sent.
LEASE = timedelta(seconds=20)
SENDING_SECONDS = 10  # a job starts no mail after this time; the next sweep adds a job for the remaining ones
RECORD_TIMEOUT_SECONDS = 60  # longer than most outages of PostgreSQL; a mail that is not recorded is sent twice
MAILS_PER_DISPATCH = 1000


def outbox(context: WorkerContext) -> NotificationRepository:
    """Return the repository of the outbox."""
    return NotificationRepository(context["engine"])


async def dispatch_notifications(context: WorkerContext) -> None:
    """Add a job for each account with due mails, unless it has one.

    SAQ rejects a second job with the key of a waiting or running one. If a mail becomes due just as its account's job
    ends, the next sweep adds a job for it.
    """
    with context["database"].suppress_errors():
        accounts = await outbox(context).due_accounts(MAILS_PER_DISPATCH)
        for account_id in accounts:
            await context["worker"].queue.enqueue(
                deliver.__qualname__, key=f"deliver:{account_id}", account_id=account_id
            )


async def deliver(context: WorkerContext, *, account_id: int) -> None:
    """Send an account's due mails in order. Failures are recorded in the outbox, which schedules the next attempt."""
    deadline = time.monotonic() + SENDING_SECONDS
    with context["database"].suppress_errors():
        async for notification_id in _due(context, account_id):
            async with context["mail_connections"].connection(deadline - time.monotonic()) as server:
                if server is None or context["worker"].event.is_set():  # set: the worker is stopping
                    return
                with context["database"].suppress_errors():
                    await _send(context, server, notification_id)
            if time.monotonic() > deadline:  # before the next query, which may have to wait for PostgreSQL
                return


async def _due(context: WorkerContext, account_id: int) -> AsyncIterator[int]:
    """Yield the id of each of the account's due mails once, including those that become due in the meantime."""
    last = 0
    while True:
        due = await outbox(context).due_to(account_id, last)
        if not due:
            return
        for last in due:
            yield last


async def _send(context: WorkerContext, server: MailConnection, notification_id: int) -> None:
    code = Secret.new()
    notification = await outbox(context).claim(notification_id, LEASE, code.hash)
    if notification is None:
        return
    if isinstance(notification, AccountNotification) and notification.code_lifetime:
        notification = with_code(notification, code.text, context["settings"])
    if isinstance(notification, AccountNotification) and notification.waitlist_entry:
        notification = with_waitlist_entry_url(notification, context["settings"])
    if isinstance(notification, AppointmentNotification) and notification.kind == "slot_offered":
        notification = replace(notification, link=offer_url(context["settings"].public_url, code))
    telling = request_id.set(notification.request_id)
    try:
        await _send_mail(context, server, notification)
    finally:
        request_id.reset(telling)


async def _send_mail(
    context: WorkerContext, server: MailConnection, notification: AppointmentNotification | AccountNotification
) -> None:
    try:
        locale = locale_for(context["settings"].email_locale)
        await server.send(compose(notification, locale, context["sender"], datetime.now(UTC)))
    except Exception as error:  # noqa: BLE001  a defect in one mail must not stop the others
        await _record_failed(context, notification, error)
        return
    await _record_sent(context, notification)
    log.info("mail_sent", notification=notification.id, kind=notification.kind)


async def _record_sent(context: WorkerContext, notification: AppointmentNotification | AccountNotification) -> None:
    """Record that a mail was sent. Retries, because a mail that is not recorded would be sent again.

    The lease may end meanwhile, but no other worker takes the mail: the account's next job starts after this one.
    """
    deadline = time.monotonic() + RECORD_TIMEOUT_SECONDS
    for pause in chain((0.1, 1), repeat(3)):  # seconds
        try:
            await outbox(context).sent(notification.id)
        except Exception:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(pause)
        else:
            return


async def _record_failed(
    context: WorkerContext, notification: AppointmentNotification | AccountNotification, error: Exception
) -> None:
    why, permanent = error_name(error), is_permanent(error)
    await outbox(context).failed(notification.id, why, permanent=permanent)
    log.warning(
        "mail_failed",
        notification=notification.id,
        kind=notification.kind,
        why=why,
        permanent=permanent,
        at=error_location(error),
    )
