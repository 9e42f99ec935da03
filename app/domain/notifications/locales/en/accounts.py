"""The mails about the recipient's own account."""

from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from app.domain.notifications.locale import MailText
from app.domain.notifications.schemas import AccountNotification


def email_verification(notification: AccountNotification) -> MailText:
    """Send the code that verifies an address."""
    return MailText(
        "Please confirm your email address",
        [
            "This address was entered for a booking account. Please confirm that this is your email address.",
            *_code(notification),
            "If you did not enter it, please ignore this mail. Without the code, the address cannot be used.",
        ],
    )


def password_reset(notification: AccountNotification) -> MailText:
    """Send the code that sets a new password."""
    return MailText(
        "Set a new password",
        [
            "We received a request to set a new password for your account.",
            *_code(notification),
            "If that was not you, please ignore this mail. Your password stays the same.",
        ],
    )


def email_changing(_: AccountNotification) -> MailText:
    """Warn the owner at the old address."""
    return MailText(
        "Your email address is being changed",
        [
            "A new email address was entered for your account. Once it is confirmed, we send your mails to the new "
            "address only.",
            "If that was not you, change your password in your booking app at once. This also logs out all devices.",
        ],
    )


def password_changed(_: AccountNotification) -> MailText:
    """Report a changed password."""
    return MailText(
        "Your password was changed",
        [
            "The password of your account was changed, and all devices were logged out.",
            "If that was not you, request a new password in your booking app at once. The code goes to this address.",
        ],
    )


def account_erased(_: AccountNotification) -> MailText:
    """Confirm the deletion of the account."""
    return MailText(
        "Your account is deleted",
        [
            "Your account was deleted, including your name, your addresses and your logins. Your upcoming appointments "
            "are canceled; we send a separate mail about each.",
            "Records that others need are kept with a number in place of your name. "
            "You will receive no further mails from us.",
        ],
    )


def _code(notification: AccountNotification) -> list[str]:
    assert notification.code_lifetime is not None  # noqa: S101  set for every kind that has a code
    hours = notification.code_lifetime // timedelta(hours=1)
    validity = f"works once and expires in {hours} hour{'s' if hours > 1 else ''}."
    if notification.page:
        joint = "&" if urlsplit(notification.page).query else "?"
        return [
            f"To continue, open this page. The link {validity}",
            f"  {notification.page}{joint}{urlencode({'token': notification.code})}",
        ]
    return [
        f"To continue, enter this code in your booking app. The code {validity}",
        f"  {notification.code}",
        f"For developers of a booking app: the API accepts the code at {notification.call}",
    ]
