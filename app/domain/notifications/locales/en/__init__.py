"""English, the source for translations."""

from app.domain.notifications.locale import Locale
from app.domain.notifications.locales.en import accounts, appointments, offers, payments, scheduled, waitlist


def salutation(name: str | None) -> str:
    """Return the salutation. Without a verified address, the name is None."""
    return f"Dear {name}," if name else "Hello,"


def event(with_whom: str) -> str:
    """Return the title of an appointment in a calendar."""
    return f"Appointment with {with_whom}"


LOCALE = Locale(
    language="en",
    salutation=salutation,
    event=event,
    words={
        ("slot_offered", "patient"): offers.slot_offered,
        ("offer_superseded", "patient"): offers.offer_superseded,
        ("offer_expired", "patient"): offers.offer_expired,
        ("appointment_confirmed", "patient"): appointments.confirmed_to_patient,
        ("appointment_confirmed", "doctor"): appointments.confirmed_to_doctor,
        ("appointment_canceled", "patient"): appointments.canceled_to_patient,
        ("appointment_canceled", "doctor"): appointments.canceled_to_doctor,
        ("appointment_rescheduled", "patient"): appointments.rescheduled_to_patient,
        ("appointment_rescheduled", "doctor"): appointments.rescheduled_to_doctor,
        ("appointment_held", "patient"): scheduled.held,
        ("hold_lapsing", "patient"): scheduled.lapsing,
        ("appointment_reminder", "patient"): scheduled.reminder,
        ("payment_too_late", "patient"): payments.payment_too_late,
        ("refund_requested", "patient"): payments.refund_requested,
        ("refund_completed", "patient"): payments.refund_completed,
    },
    account_texts={
        "email_verification": accounts.email_verification,
        "email_changing": accounts.email_changing,
        "password_reset": accounts.password_reset,
        "password_changed": accounts.password_changed,
        "waitlist_joined": waitlist.waitlist_joined,
        "waiting_ended": waitlist.waiting_ended,
        "waiting_lapsed": waitlist.waiting_lapsed,
        "account_erased": accounts.account_erased,
    },
)
