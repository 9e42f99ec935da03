"""The mails about the beginning and the end of waiting."""

from app.domain.notifications.locale import MailText
from app.domain.notifications.locales.en.times import day
from app.domain.notifications.schemas import AccountNotification


def waitlist_joined(notification: AccountNotification) -> MailText:
    """Tell the place in line, and how to pause or leave."""
    on = f"on {day(notification.desired_date)}" if notification.desired_date else "on any day"
    # whoever left a moment ago has no place any more
    place = f" You are number {notification.position} in line." if notification.position else ""
    return MailText(
        f"On the waitlist: {notification.doctor}",
        [
            f"You are waiting for a slot with {notification.doctor} {on}.{place}",
            "As soon as a slot comes free, it is offered to those who wait, by mail and in the booking app. Whoever "
            "accepts first has it, and the first in line hear of it first.",
            "To be offered nothing for a while and yet keep your place, pause your waiting in your booking app, which "
            f"sends POST {notification.call}pause/ for it, and POST {notification.call}resume/ when you go on. "
            f"If you no longer need a slot, please leave the waitlist there, which is DELETE {notification.call}",
        ],
    )


def waiting_ended(notification: AccountNotification) -> MailText:
    """Tell that the doctor has left."""
    return MailText(
        f"No longer to be waited for: {notification.doctor}",
        [
            f"{notification.doctor}, for whom you were waiting, no longer takes appointments here.",
            "Your place on the waitlist has ended. To find another doctor, open your booking app.",
        ],
    )


def waiting_lapsed(notification: AccountNotification) -> MailText:
    """Tell that the day waited for is over."""
    return MailText(
        f"No slot was found: {notification.doctor}",
        [
            f"We are sorry: until the day for which you waited was over, no slot with {notification.doctor} "
            "became yours. Your place on the waitlist for that day has ended.",
            "To find another time, open your booking app.",
        ],
    )
