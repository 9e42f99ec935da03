"""A valid example request for each operation that takes parameters or a body."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import asyncpg

from app.domain.auth.tokens import Role
from tests.support.factories import a_slot, bearer, book, make_doctor, make_patient


class ExampleData(NamedTuple):
    """One row of each kind that an operation can refer to."""

    doctor: int
    patient: int
    appointment: int
    payment: int
    entry: int
    time_off: int
    offer: int

    def headers(self, role: Role | None) -> dict[str, str]:
        """Return the headers of the doctor or the patient; none without a role."""
        return bearer(getattr(self, role), role) if role else {}

    def path(self, template: str) -> str:
        """Return an operation's path with these ids."""
        ids = {
            "doctor_id": self.doctor,
            "appointment_id": self.appointment,
            "entry_id": self.entry,
            "offer_id": self.offer,
            "payment_id": self.payment,
            "time_off_id": self.time_off,
            "path": "nothing",
            "file": "nothing.ics",
            "token": "A" * 43,
            "file_path": "swagger-ui.css",
        }
        return template.format(**ids)


TAKE_OFF = "INSERT INTO time_off (doctor_id, during) VALUES ($1, $2) RETURNING id"


async def make_example_data(db: asyncpg.Connection) -> ExampleData:
    """Add a full doctor with time off next year, and a patient who holds the slot, has begun to pay and waits."""
    doctor, patient = await make_doctor(db, max_appointments=1), await make_patient(db)
    appointment = await book(db, patient, doctor, a_slot())
    payment = await db.fetchval("SELECT id FROM create_payment($1, $2, 100, 'USD')", patient, appointment)
    entry = await db.fetchval("SELECT id FROM join_waitlist($1, $2, NULL)", patient, doctor)
    next_year = asyncpg.Range(a_slot(after=timedelta(days=365)), a_slot(after=timedelta(days=366)))
    time_off = await db.fetchval(TAKE_OFF, doctor, next_year)
    return ExampleData(doctor, patient, appointment, payment, entry, time_off, await offered(db, patient))


async def offered(db: asyncpg.Connection, patient: int) -> int:
    """Add a full doctor for whom a patient waits, and free the slot; return the offer."""
    doctor, holder = await make_doctor(db, max_appointments=1), await make_patient(db)
    appointment = await book(db, holder, doctor, a_slot(1))
    entry = await db.fetchval("SELECT id FROM join_waitlist($1, $2, NULL)", patient, doctor)
    await db.fetch("SELECT * FROM cancel_as_patient($1, $2)", holder, appointment)
    offer: int = await db.fetchval("SELECT id FROM offer WHERE waitlist_entry_id = $1", entry)
    return offer


class ExampleRequest(NamedTuple):
    """The role that calls an operation, and a valid body if it takes one. `optional`: the body may be left out."""

    role: Role | None = None
    body: Callable[[ExampleData], dict[str, Any]] | None = None
    optional: bool = False


START, END = "2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z"
PERSON = {"username": "eve", "email": "eve@example.com", "password": "correct horse"}
PROFILE = {"full_name": "Eve", "phone": "1", "timezone": "UTC", "specialty": "Eyes", "experience_years": 1}
PRACTICE = {"slot_minutes": 30, "buffer_minutes": 0, "fee": "1.00", "currency": "USD", "max_appointments": 30}
FIXED = {"id": 1, "username": "eve", "role": "patient", "verified": True, "created_at": START}
FIXED |= {"email_verified_at": None, "pending_email": None}
HOURS = [{"weekday": 1, "start": "09:00", "end": "17:00"}]
CHANGE = {"cancel_affected": False, "dry_run": True}

EXAMPLE_REQUESTS: dict[str, ExampleRequest] = {
    "register": ExampleRequest(None, lambda _: {**PERSON, "role": "doctor", **PROFILE, **PRACTICE}),
    "login": ExampleRequest(None, lambda _: {"username": "eve", "password": "correct horse"}),
    "refresh_tokens": ExampleRequest(None, lambda _: {"refresh": "a.b.c"}),
    "logout": ExampleRequest("patient", lambda _: {"refresh": "an opaque token"}, optional=True),
    "change_password": ExampleRequest(
        "patient", lambda _: {"password": "correct horse", "new_password": "battery staple"}
    ),
    "delete_own_account": ExampleRequest("patient", lambda _: {"password": "correct horse"}),
    "verify_email": ExampleRequest(None, lambda _: {"token": "a code"}),
    "request_password_reset": ExampleRequest(None, lambda _: {"email": "eve@example.com"}),
    "reset_password": ExampleRequest(None, lambda _: {"token": "a code", "password": "battery staple"}),
    "change_own_account": ExampleRequest(
        "patient", lambda _: {"email": "eve@example.com", **PROFILE, **PRACTICE, **FIXED}
    ),
    "replace_own_account": ExampleRequest(
        "doctor", lambda _: {"email": "eve@example.com", **PROFILE, **PRACTICE, **FIXED, **CHANGE}
    ),
    "book_appointment": ExampleRequest(
        "patient", lambda data: {"doctor": data.doctor, "appointment_date": START, "patient": data.patient}
    ),
    "reschedule_appointment": ExampleRequest("patient", lambda _: {"appointment_date": START}),
    "doctor_cancel_appointment": ExampleRequest("doctor", lambda _: {"reason": "ill", "block": True}, optional=True),
    "doctor_reschedule_appointment": ExampleRequest("doctor", lambda _: {"appointment_date": START, "block": True}),
    "doctor_bulk_cancel_appointments": ExampleRequest(
        "doctor",
        lambda data: {
            "reason": "ill",
            "block": True,
            "patient_id": data.patient,
            "cancel_date": "2026-12-01",
            "dry_run": True,
        },
        optional=True,
    ),
    "replace_working_hours": ExampleRequest("doctor", lambda _: {"working_hours": HOURS, **CHANGE}),
    "add_time_off": ExampleRequest("doctor", lambda _: {"start": START, "end": END, "reason": "ill", **CHANGE}),
    "create_payment": ExampleRequest(
        "patient", lambda data: {"appointment_id": data.appointment, "amount": "100.00", "currency": "USD"}
    ),
    "execute_payment": ExampleRequest(
        "patient", lambda _: {"paymentId": "5O190127TN364715T", "PayerID": "QYR5Z8XDVJNXQ"}
    ),
    "cancel_payment": ExampleRequest("patient", lambda _: {"paymentId": "5O190127TN364715T"}),
    "join_waitlist": ExampleRequest("patient", lambda data: {"doctor": data.doctor, "desired_date": "2026-12-01"}),
    "prefer_slots": ExampleRequest(
        "patient", lambda _: {"earliest_time": "09:00", "latest_time": None, "min_notice_minutes": 60}
    ),
}
# operations without a body, by the role that calls them
WITHOUT_BODY: dict[Role | None, list[str]] = {
    None: [
        *("list_doctors", "get_doctor", "list_free_slots", "search_free_slots"),
        *("show_payment_return", "show_payment_cancel"),
    ],
    "patient": [
        *("export_own_data", "make_calendar_link", "end_calendar_link", "request_email_verification"),
        *("list_appointments", "get_appointment", "list_appointment_history", "cancel_appointment", "get_payment"),
        *("list_waitlist", "leave_waitlist", "pause_waitlist", "resume_waitlist"),
        *("list_offers", "accept_offer", "decline_offer"),
    ],
    "doctor": ["complete_appointment", "mark_appointment_no_show", "list_time_off", "delete_time_off"],
}
EXAMPLE_REQUESTS |= {name: ExampleRequest(role) for role, names in WITHOUT_BODY.items() for name in names}
