"""The tables. Functions, triggers and grants are in `app/db/sql/`."""

from app.db.models.accounts import Account, AccountToken, Doctor, Patient, RefreshToken, TimeZone
from app.db.models.appointments import Appointment
from app.db.models.base import Base
from app.db.models.calendar import CalendarFeed
from app.db.models.history import History
from app.db.models.notifications import Notification, ScheduledNotification
from app.db.models.payments import Payment, Refund, WebhookEvent
from app.db.models.policy import Policy
from app.db.models.receipts import Receipt
from app.db.models.schedule import TimeOff, WorkingHours
from app.db.models.schema import RepeatableSql, SchemaRelease
from app.db.models.waitlist import Offer, OfferToken, WaitlistEntry

__all__ = [
    "Account",
    "AccountToken",
    "Appointment",
    "Base",
    "CalendarFeed",
    "Doctor",
    "History",
    "Notification",
    "Offer",
    "OfferToken",
    "Patient",
    "Payment",
    "Policy",
    "Receipt",
    "RefreshToken",
    "Refund",
    "RepeatableSql",
    "ScheduledNotification",
    "SchemaRelease",
    "TimeOff",
    "TimeZone",
    "WaitlistEntry",
    "WebhookEvent",
    "WorkingHours",
]
