"""The words of the mails to somebody about their own account."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from msgspec.structs import replace

from app.domain.notifications.schemas import AccountKind, AccountLetter
from app.domain.notifications.times import day
from app.domain.notifications.words import Words
from app.settings import Settings

CALLS: dict[AccountKind, str] = {
    "email_verification": "/api/accounts/email/verify/",
    "password_reset": "/api/accounts/password/reset/confirm/",
}


def with_code(letter: AccountLetter, code: str, settings: Settings) -> AccountLetter:
    """Return the letter with the code that it is for, and where that is taken."""
    pages = {"email_verification": settings.email_verification_url, "password_reset": settings.password_reset_url}
    return replace(
        letter, code=code, page=pages[letter.kind], call=f"{settings.public_url.rstrip('/')}{CALLS[letter.kind]}"
    )


def with_entry(letter: AccountLetter, settings: Settings) -> AccountLetter:
    """Return the letter with the address of the waitlist entry that it is about."""
    return replace(letter, call=f"{settings.public_url.rstrip('/')}/api/appointments/waitlist/{letter.waitlist_entry}/")


def _email_verification(letter: AccountLetter) -> Words:
    return Words(
        "Please confirm your email address",
        [
            "Somebody, you we hope, gave this as the email address of their account. If so, please confirm it.",
            *_code(letter, '{"token": "..."}'),
            "If you do not know of any account, do nothing: without the code, nobody can use your address.",
        ],
    )


def _password_reset(letter: AccountLetter) -> Words:
    return Words(
        "Set a new password",
        [
            "Somebody, you we hope, has asked for a new password for your account.",
            *_code(letter, '{"token": "...", "password": "..."}'),
            "If that was not you, do nothing: your password stays as it is, and nobody but you has the code.",
        ],
    )


def _code(letter: AccountLetter, body: str) -> list[str]:
    assert letter.code_lifetime is not None  # noqa: S101  the outbox says it of every kind that has a code
    hours = letter.code_lifetime // timedelta(hours=1)
    until = f"It is good once, within {hours} hour{'s' if hours > 1 else ''}."
    if letter.page:
        joint = "&" if urlsplit(letter.page).query else "?"
        return [f"To do so, open this page. {until}", f"  {letter.page}{joint}{urlencode({'token': letter.code})}"]
    return [
        f"This is the code for it. {until}",
        f"  {letter.code}",
        f"Enter it in your booking app, which sends it as {body} to POST {letter.call}",
    ]


def _email_changing(_: AccountLetter) -> Words:
    return Words(
        "Your email address is being changed",
        [
            "Another email address was given for your account. As soon as it is confirmed there, our mails go to it, "
            "and no longer to this one.",
            "If that was not you, change your password in your booking app at once, which also logs everybody out.",
        ],
    )


def _password_changed(_: AccountLetter) -> Words:
    return Words(
        "Your password was changed",
        [
            "The password of your account has just been changed. Whoever was logged in is logged out.",
            "If that was not you, have a code to set a new one mailed to this address by your booking app at once.",
        ],
    )


def _waitlist_joined(letter: AccountLetter) -> Words:
    on = f"on {day(letter.desired_date)}" if letter.desired_date else "on any day"
    return Words(
        f"On the waitlist: {letter.doctor}",
        [
            f"You are waiting for a slot with {letter.doctor} {on}. You are number {letter.position} in line.",
            "As soon as a slot comes free, it is offered to those who wait, by mail and in the booking app. Whoever "
            "accepts first has it, and the first in line hear of it first.",
            "To be offered nothing for a while and yet keep your place, pause your waiting in your booking app, which "
            f"sends POST {letter.call}pause/ for it, and POST {letter.call}resume/ when you go on. "
            f"If you no longer need a slot, please leave the waitlist there, which is DELETE {letter.call}",
        ],
    )


def _waiting_ended(letter: AccountLetter) -> Words:
    return Words(
        f"No longer to be waited for: {letter.doctor}",
        [
            f"{letter.doctor}, for whom you were waiting, no longer takes appointments here.",
            "Your place on the waitlist has ended. To find another doctor, open your booking app.",
        ],
    )


def _waiting_lapsed(letter: AccountLetter) -> Words:
    return Words(
        f"No slot was found: {letter.doctor}",
        [
            f"We are sorry: until the day for which you waited was over, no slot with {letter.doctor} became yours. "
            "Your place on the waitlist for that day has ended.",
            "To find another time, open your booking app.",
        ],
    )


def _account_erased(_: AccountLetter) -> Words:
    return Words(
        "Your account is deleted",
        [
            "Your account has been deleted, and with it your name, your addresses and your logins. Appointments that "
            "lay ahead are canceled; a mail tells of each.",
            "What others need for their books is kept with a number in place of your name. "
            "This is the last mail that you get from us.",
        ],
    )


ACCOUNT_WORDS: dict[AccountKind, Callable[[AccountLetter], Words]] = {
    "email_verification": _email_verification,
    "email_changing": _email_changing,
    "password_reset": _password_reset,
    "password_changed": _password_changed,
    "waitlist_joined": _waitlist_joined,
    "waiting_ended": _waiting_ended,
    "waiting_lapsed": _waiting_lapsed,
    "account_erased": _account_erased,
}
