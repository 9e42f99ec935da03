"""Which caller may call which operation: the status of the response, and the problem's code if it is not the usual one.

Every call refers to the rows of patient A and doctor A. The revoked, expired and erased tokens belong to whichever of
the two may call the operation. A new operation needs a row here, and an entry in `valid_requests.EXAMPLE_REQUESTS` if
it takes parameters or a body. It also needs a body in BODIES if the one of the example request would be refused.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
from asyncpg import Connection
from litestar import Litestar
from litestar.routes import HTTPRoute

from app.domain.auth.tokens import Secret
from app.domain.fields import MAX_ID
from tests.support.factories import a_slot, make_doctor, make_patient
from tests.support.http.registration import newcomer
from tests.support.http.valid_requests import EXAMPLE_REQUESTS, ExampleData, ExampleRequest, make_example_data
from tests.support.paypal.payment_client import PAYMENTS

CALLERS = ("anonymous", "patient A", "patient B", "doctor A", "doctor B", "revoked", "expired", "erased")
USUAL = {401: "unauthorized", 403: "forbidden", 404: "not_found"}

EVERYONE = "200 200 200 200 200 200 200 200"
#                                  -  patient  doctor   invalid token
#                                     A   B    A   B    revoked expired erased
ANY_ACCOUNT = "         401 200 200  200 200  401 401 401"
THE_PATIENT = "                  401 200 404  403 403  401 401 401"
THE_DOCTOR = "                   401 403 403  200 404  401 401 401"
PATIENTS = "                     401 201 201  403 403  401 401 401"
DOCTORS = "                      401 403 403  200 200  401 401 401"

PERMISSIONS = {
    "register": "201 201 201 201 201 201 201 201",
    "login": " ".join(["401/invalid_credentials"] * 8),
    "refresh_tokens": "200 200 200 200 200 401 200 401",  # every caller sends patient A's refresh token
    "logout": ANY_ACCOUNT,
    "change_password": "401 422/wrong_password 422/wrong_password 422/wrong_password 422/wrong_password 401 401 401",
    "request_email_verification": "  401 202 202  202 202  401 401 401",
    "verify_email": " ".join(["422/code_invalid"] * 8),
    "request_password_reset": "202 202 202 202 202 202 202 202",
    "reset_password": " ".join(["422/code_invalid"] * 8),
    "get_own_account": ANY_ACCOUNT,
    "change_own_account": ANY_ACCOUNT,
    "export_own_data": ANY_ACCOUNT,
    "make_calendar_link": "401 201 201 201 201 401 401 401",
    "end_calendar_link": ANY_ACCOUNT,
    "delete_own_account": "401 422/wrong_password 422/wrong_password 422/wrong_password 422/wrong_password 401 401 401",
    "replace_own_account": ANY_ACCOUNT,
    "list_doctors": EVERYONE,
    "get_doctor": EVERYONE,
    "list_free_slots": EVERYONE,
    "search_free_slots": EVERYONE,
    "get_working_hours": DOCTORS,
    "replace_working_hours": DOCTORS,
    "list_time_off": DOCTORS,
    "add_time_off": DOCTORS,  # a dry run
    "delete_time_off": THE_DOCTOR,
    "list_appointments": ANY_ACCOUNT,
    "book_appointment": "        401 201 403  403 403  401 401 401",  # for patient A
    "get_appointment": "         401 200 404  200 404  401 401 401",
    "list_appointment_history": "401 200 404  200 404  401 401 401",
    "cancel_appointment": THE_PATIENT,
    "reschedule_appointment": THE_PATIENT,
    "doctor_cancel_appointment": THE_DOCTOR,
    "doctor_reschedule_appointment": THE_DOCTOR,
    "doctor_bulk_cancel_appointments": DOCTORS,
    "complete_appointment": "    401 403 403  409/appointment_status_transition 404  401 401 401",  # it has not started
    "mark_appointment_no_show": "401 403 403  409/appointment_status_transition 404  401 401 401",
    "create_payment": "          401 201 404  403 403  401 401 401",
    "execute_payment": "         401 409/payment_not_approved 404  403 403  401 401 401",
    "cancel_payment": THE_PATIENT,
    "get_payment": THE_PATIENT,
    "show_payment_return": EVERYONE,
    "show_payment_cancel": EVERYONE,
    "join_waitlist": PATIENTS,
    "list_waitlist": ANY_ACCOUNT,
    "leave_waitlist": THE_PATIENT,
    "pause_waitlist": THE_PATIENT,
    "resume_waitlist": THE_PATIENT,
    "prefer_slots": THE_PATIENT,
    "list_offers": "             401 200 200  403 403  401 401 401",
    "accept_offer": THE_PATIENT,
    "decline_offer": THE_PATIENT,
    "health_live": EVERYONE,
    "health_ready": EVERYONE,
    # not in the OpenAPI document
    "GET /": "302 302 302 302 302 302 302 302",
    "GET /docs": EVERYONE,
    "GET /docs/openapi.json": EVERYONE,
    "GET /docs/oauth2-redirect.html": EVERYONE,
    "GET /docs/{path}": "404 404 404 404 404 404 404 404",
    "GET /docs/assets/{file_path}": EVERYONE,
    "HEAD /docs/assets/{file_path}": EVERYONE,
    "GET /api/calendar/{file}": "404 404 404 404 404 404 404 404",
    # the link in a mail, with a token that does not exist
    "GET /api/appointments/offers/link/{token}": "404 404 404 404 404 404 404 404",
    "POST /api/appointments/offers/link/{token}": "404 404 404 404 404 404 404 404",
    "POST /api/appointments/offers/link/{token}/decline": "404 404 404 404 404 404 404 404",
    "POST /api/payments/webhooks/paypal": " ".join(["403/webhook_forged"] * 8),
}


class Participants(NamedTuple):
    """The rows of patient A and doctor A, and the other accounts."""

    a: ExampleData
    patient_b: int
    doctor_b: int
    slot: str  # that is free
    order: str  # PayPal's order for A's payment
    refresh: str  # a refresh token of patient A

    def absent(self) -> "Participants":
        """Return the same accounts with ids of rows that do not exist."""
        a = ExampleData(self.a.doctor, self.a.patient, MAX_ID, MAX_ID, MAX_ID, MAX_ID, MAX_ID)
        return self._replace(a=a, order="5O190127TN364715T")


BODIES: dict[str, Callable[[Participants], dict[str, Any]]] = {
    "register": lambda _: newcomer(),
    "login": lambda _: {"username": "nobody", "password": "wrong horse"},
    "refresh_tokens": lambda participants: {"refresh": participants.refresh},
    "change_own_account": lambda _: {"full_name": "Eve"},
    "replace_own_account": lambda _: {"full_name": "Eve"},
    "doctor_bulk_cancel_appointments": lambda _: {},
    "book_appointment": lambda participants: {
        "doctor": participants.doctor_b,
        "patient": participants.a.patient,
        "appointment_date": participants.slot,
    },
    "reschedule_appointment": lambda participants: {"appointment_date": participants.slot},
    "doctor_reschedule_appointment": lambda participants: {"appointment_date": participants.slot},
    "execute_payment": lambda participants: {"paymentId": participants.order, "PayerID": "QYR5Z8XDVJNXQ"},
    "cancel_payment": lambda participants: {"paymentId": participants.order},
    "join_waitlist": lambda participants: {"doctor": participants.a.doctor, "desired_date": participants.slot[:10]},
}


def addresses_of(app: Litestar) -> dict[str, tuple[str, str]]:
    """Return method and path of every operation of an app, by its name in PERMISSIONS."""
    return {
        str(handler.operation_id or f"{method} {route.path_format}"): (method, route.path_format)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"  # Litestar answers it, in the same way for every path
    }


async def make_scene(db: Connection, client: httpx.AsyncClient, name: str) -> Participants:
    """Create the rows that an operation needs, with an order at PayPal if it concerns payments."""
    a, refresh, order = await make_example_data(db), Secret.new(), ""
    await db.execute("SELECT start_session($1, '-', $2)", a.patient, refresh.hash)
    if "payment" in name:
        body = {"appointment_id": a.appointment, "amount": "100.00", "currency": "USD"}
        answer = await client.post(f"{PAYMENTS}create/", headers=a.headers("patient"), json=body)
        order = answer.json()["paymentId"]
    return Participants(a, await make_patient(db), await make_doctor(db), a_slot(40).isoformat(), order, refresh.text)


def body_of(name: str, participants: Participants) -> dict[str, Any] | None:
    """Return a valid body for an operation; None if it takes none."""
    if name in BODIES:
        return BODIES[name](participants)
    call = EXAMPLE_REQUESTS.get(name, ExampleRequest())
    return call.body(participants.a) if call.body else None


def told(answer: httpx.Response) -> str:
    """Return a response as PERMISSIONS writes it."""
    problem = answer.headers.get("content-type") == "application/problem+json"
    if problem and answer.json()["code"] != USUAL.get(answer.status_code):
        return f"{answer.status_code}/{answer.json()['code']}"
    return str(answer.status_code)
