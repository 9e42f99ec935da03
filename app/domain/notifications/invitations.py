"""Calendar invitations in mails: they add a confirmed or moved appointment, and remove a canceled one."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage

from app.domain.calendar.icalendar_file import CalendarEntry, Method, Party, add_participants, calendar, event
from app.domain.notifications.locale import Locale
from app.domain.notifications.schemas import AppointmentNotification, Kind

FILE = "appointment.ics"
METHODS: dict[Kind, Method] = {
    "appointment_confirmed": "REQUEST",
    "appointment_rescheduled": "REQUEST",
    "appointment_canceled": "CANCEL",
}


def add_invitations(
    message: EmailMessage, notification: AppointmentNotification, locale: Locale, sender: Address, at: datetime
) -> None:
    """Add the events of a notification: the first as an alternative part of the mail, the rest as attachments.

    Mail programs process only the alternative part (RFC 6047), which can contain only one event (RFC 5546, 3.2).
    """
    method = METHODS.get(notification.kind)
    if method is None:
        return
    for number, entry in enumerate(notification.calendar):
        file = _file(entry, notification, method, locale, sender, at)
        if number == 0:
            message.add_alternative(file, subtype="calendar", params={"method": method, "name": FILE})
        else:
            message.add_attachment(file, subtype="calendar", filename=FILE, params={"method": method})


def _file(
    entry: CalendarEntry,
    notification: AppointmentNotification,
    method: Method,
    locale: Locale,
    sender: Address,
    at: datetime,
) -> str:
    with_whom = notification.doctor if notification.recipient_role == "patient" else notification.patient or ""
    made = event(entry, locale.event(with_whom), "CANCELLED" if method == "CANCEL" else "CONFIRMED", at)
    organizer = Party(sender.display_name, sender.addr_spec)
    return calendar(
        [add_participants(made, organizer, Party(notification.recipient or "", notification.email))], method
    )
