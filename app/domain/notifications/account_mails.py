"""The words of the mails to somebody about their own account."""

from collections.abc import Callable

from app.domain.notifications.schemas import AccountKind, AccountLetter
from app.domain.notifications.words import Words


def _password_changed(_: AccountLetter) -> Words:
    return Words(
        "Your password was changed",
        [
            "The password of your account has just been changed. Whoever was logged in is logged out.",
            "If that was not you, set a new one at once: your booking app does so through a mail to this address.",
        ],
    )


ACCOUNT_WORDS: dict[AccountKind, Callable[[AccountLetter], Words]] = {
    "password_changed": _password_changed,
}
