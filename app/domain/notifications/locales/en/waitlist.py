"""The mails about the start and the end of a waitlist entry."""

from app.domain.notifications.locale import MailText
from app.domain.notifications.locales.en.times import day
from app.domain.notifications.schemas import AccountNotification


def waitlist_joined(notification: AccountNotification) -> MailText:
    """Report the place in line, and how to pause or leave."""
    on = f"on {day(notification.desired_date)}" if notification.desired_date else "on any day"
    # the patient may have left the waitlist in the meantime
    place = f" You are number {notification.position} in line." if notification.position else ""
    return MailText(
        f"On the waitlist: {notification.doctor}",
        [
            f"You are waiting for a slot with {notification.doctor} {on}.{place}",
            "When a slot opens, we offer it by mail and in the booking app, to the first patients in line first. "
            "The first to accept gets the slot.",
            "To receive no offers for a while and keep your place, pause your waitlist entry in your booking app. "
            "If you no longer need a slot, please leave the waitlist there.",
            f"For developers of a booking app: the API has the waitlist entry at {notification.call}",
        ],
    )


def waiting_ended(notification: AccountNotification) -> MailText:
    """Report that the doctor has left."""
    return MailText(
        f"Waitlist closed: {notification.doctor}",
        [
            f"{notification.doctor} no longer takes appointments here. Your place on the waitlist has ended.",
            "To find another doctor, open your booking app.",
        ],
    )


def waiting_lapsed(notification: AccountNotification) -> MailText:
    """Report that the desired day has passed without a slot."""
    return MailText(
        f"No slot was found: {notification.doctor}",
        [
            f"We are sorry: you did not get a slot with {notification.doctor} on the day that you were waiting for. "
            "Your place on the waitlist for that day has ended.",
            "To find another time, open your booking app.",
        ],
    )
