"""Where the reader of a mail, or their booking app, does what the mail is about."""

from msgspec.structs import replace

from app.domain.notifications.schemas import AccountKind, AccountNotification
from app.settings import Settings

CODE_ENDPOINTS: dict[AccountKind, str] = {
    "email_verification": "/api/accounts/email/verify/",
    "password_reset": "/api/accounts/password/reset/confirm/",
}


def with_code(notification: AccountNotification, code: str, settings: Settings) -> AccountNotification:
    """Return the notification with the code that it is for, and where that is taken."""
    pages = {"email_verification": settings.email_verification_url, "password_reset": settings.password_reset_url}
    return replace(
        notification,
        code=code,
        page=pages[notification.kind],
        call=f"{settings.public_url.rstrip('/')}{CODE_ENDPOINTS[notification.kind]}",
    )


def with_waitlist_entry_url(notification: AccountNotification, settings: Settings) -> AccountNotification:
    """Return the notification with the address of the waitlist entry that it is about."""
    return replace(
        notification, call=f"{settings.public_url.rstrip('/')}/api/appointments/waitlist/{notification.waitlist_entry}/"
    )
