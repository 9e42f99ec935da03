"""Adds to a notification the addresses that its mail mentions."""

from msgspec.structs import replace

from app.domain.notifications.schemas import AccountKind, AccountNotification
from app.settings import Settings

CODE_ENDPOINTS: dict[AccountKind, str] = {
    "email_verification": "/api/accounts/email/verify/",
    "password_reset": "/api/accounts/password/reset/confirm/",
}


def with_code(notification: AccountNotification, code: str, settings: Settings) -> AccountNotification:
    """Return the notification with its code, and with the page and the operation that accept the code."""
    pages = {"email_verification": settings.email_verification_url, "password_reset": settings.password_reset_url}
    return replace(
        notification,
        code=code,
        page=pages[notification.kind],
        call=f"{settings.public_url.rstrip('/')}{CODE_ENDPOINTS[notification.kind]}",
    )


def with_waitlist_entry_url(notification: AccountNotification, settings: Settings) -> AccountNotification:
    """Return the notification with the address of its waitlist entry."""
    return replace(
        notification, call=f"{settings.public_url.rstrip('/')}/api/appointments/waitlist/{notification.waitlist_entry}/"
    )
