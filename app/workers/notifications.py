"""Sends the mails that the outbox says are due: one job for each account, one mail after the other."""

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

# What becomes of a mail whose worker is killed: its lease ends after 20 s, and its job is given up by another worker
# 25 s after its last heartbeat at most; till then SAQ takes a new job for the same account for a duplicate. The next
# sweep makes one, so the mail is sent within some 30 s.
# A mail takes 10 s at most (MailConnection), so nobody else takes it while it is being sent.
LEASE = timedelta(seconds=20)
SENDING_SECONDS = 10  # then no mail is begun; what is left is still due, and the next sweep makes a job for it
RECORD_TIMEOUT_SECONDS = 60  # PostgreSQL is mostly back by then, and what it never hears of goes out twice
MAILS_PER_DISPATCH = 1000


def outbox(context: WorkerContext) -> NotificationRepository:
    """Return the outbox."""
    return NotificationRepository(context["engine"])


async def dispatch_notifications(context: WorkerContext) -> None:
    """Make a job for each account with due mails that has none yet.

    SAQ takes no second job with the key of one that waits or runs. A mail that becomes due while the last job for its
    account is ending is thus left to the next sweep.
    """
    with context["database"].suppress_errors():
        accounts = await outbox(context).due_accounts(MAILS_PER_DISPATCH)
        for account_id in accounts:
            await context["worker"].queue.enqueue(
                deliver.__qualname__, key=f"deliver:{account_id}", account_id=account_id
            )


async def deliver(context: WorkerContext, *, account_id: int) -> None:
    """Send an account's due mails in their order. What fails is written into the outbox, which has it tried again."""
    deadline = time.monotonic() + SENDING_SECONDS
    with context["database"].suppress_errors():
        async for notification_id in _due(context, account_id):
            async with context["mail_connections"].connection(deadline - time.monotonic()) as server:
                if server is None or context["worker"].event.is_set():  # set: the worker is to stop
                    return
                with context["database"].suppress_errors():
                    await _send(context, server, notification_id)
            if time.monotonic() > deadline:  # before PostgreSQL, which may be silent, is asked what else is due
                return


async def _due(context: WorkerContext, account_id: int) -> AsyncIterator[int]:
    """Yield each mail to an account that is due, or becomes so meanwhile, once."""
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
    except Exception as error:  # noqa: BLE001  whatever is wrong with one mail, the others must go out
        await _record_failed(context, notification, error)
        return
    await _record_sent(context, notification)
    log.info("mail_sent", notification=notification.id, kind=notification.kind)


async def _record_sent(context: WorkerContext, notification: AppointmentNotification | AccountNotification) -> None:
    """Write down that a mail is out. Whoever does not learn of it sends it again, so this is tried again itself.

    Nobody else takes the mail meanwhile, though its lease may end: the account's next job waits for this one's end.
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
