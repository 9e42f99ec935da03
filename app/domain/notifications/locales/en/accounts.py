"""The mails to somebody about their own account."""

from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from app.domain.notifications.locale import MailText
from app.domain.notifications.schemas import AccountNotification


def email_verification(notification: AccountNotification) -> MailText:
    """Bring the code that proves an address."""
    return MailText(
        "Please confirm your email address",
        [
            "Somebody, you we hope, gave this as the email address of their account. If so, please confirm it.",
            *_code(notification, '{"token": "..."}'),
            "If you do not know of any account, do nothing: without the code, nobody can use your address.",
        ],
    )


def password_reset(notification: AccountNotification) -> MailText:
    """Bring the code for a new password."""
    return MailText(
        "Set a new password",
        [
            "Somebody, you we hope, has asked for a new password for your account.",
            *_code(notification, '{"token": "...", "password": "..."}'),
            "If that was not you, do nothing: your password stays as it is, and nobody but you has the code.",
        ],
    )


def email_changing(_: AccountNotification) -> MailText:
    """Warn at the old address."""
    return MailText(
        "Your email address is being changed",
        [
            "Another email address was given for your account. As soon as it is confirmed there, our mails go to it, "
            "and no longer to this one.",
            "If that was not you, change your password in your booking app at once, which also logs everybody out.",
        ],
    )


def password_changed(_: AccountNotification) -> MailText:
    """Tell that the password is another."""
    return MailText(
        "Your password was changed",
        [
            "The password of your account has just been changed. Whoever was logged in is logged out.",
            "If that was not you, have a code to set a new one mailed to this address by your booking app at once.",
        ],
    )


def account_erased(_: AccountNotification) -> MailText:
    """Say goodbye."""
    return MailText(
        "Your account is deleted",
        [
            "Your account has been deleted, and with it your name, your addresses and your logins. Appointments that "
            "lay ahead are canceled; a mail tells of each.",
            "What others need for their books is kept with a number in place of your name. "
            "This is the last mail that you get from us.",
        ],
    )


def _code(notification: AccountNotification, body: str) -> list[str]:
    assert notification.code_lifetime is not None  # noqa: S101  the outbox says it of every kind that has a code
    hours = notification.code_lifetime // timedelta(hours=1)
    until = f"It is good once, within {hours} hour{'s' if hours > 1 else ''}."
    if notification.page:
        joint = "&" if urlsplit(notification.page).query else "?"
        return [
            f"To do so, open this page. {until}",
            f"  {notification.page}{joint}{urlencode({'token': notification.code})}",
        ]
    return [
        f"This is the code for it. {until}",
        f"  {notification.code}",
        f"Enter it in your booking app, which sends it as {body} to POST {notification.call}",
    ]
