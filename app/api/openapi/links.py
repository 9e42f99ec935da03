"""OpenAPI links: which operations follow a response, and which of its values they take."""

from typing import Any, NamedTuple, cast

from litestar.openapi.spec import Link


class LinkTarget(NamedTuple):
    """An operation that can follow a response, with the values that its path and body take from the response."""

    operation_id: str
    path: dict[str, str] | None = None
    body: dict[str, str] | None = None

    @property
    def link(self) -> Link:
        """The OpenAPI object."""
        return Link(
            operation_id=self.operation_id, parameters=cast("dict[str, Any] | None", self.path), request_body=self.body
        )


APPOINTMENT_OPERATIONS = (
    *("get_appointment", "list_appointment_history", "cancel_appointment", "reschedule_appointment"),
    *("doctor_cancel_appointment", "doctor_reschedule_appointment"),
    *("complete_appointment", "mark_appointment_no_show"),
)
PAYMENT_BODY = {
    "appointment_id": "$response.body#/id",
    "amount": "$response.body#/fee",
    "currency": "$response.body#/currency",
}

LINKS: dict[str, tuple[LinkTarget, ...]] = {
    "register": (
        LinkTarget("login", body={"username": "$request.body#/username", "password": "$request.body#/password"}),
        LinkTarget("get_doctor", {"doctor_id": "$response.body#/id"}),
    ),
    "login": (LinkTarget("refresh_tokens", body={"refresh": "$response.body#/refresh"}),),
    "list_doctors": tuple(
        LinkTarget(name, {"doctor_id": "$response.body#/0/id"}) for name in ("get_doctor", "list_free_slots")
    ),
    "get_doctor": (LinkTarget("list_free_slots", {"doctor_id": "$response.body#/id"}),),
    "search_free_slots": (
        LinkTarget("get_doctor", {"doctor_id": "$response.body#/0/doctor"}),
        LinkTarget(
            "book_appointment",
            body={"doctor": "$response.body#/0/doctor", "appointment_date": "$response.body#/0/start"},
        ),
    ),
    "book_appointment": (
        *(LinkTarget(name, {"appointment_id": "$response.body#/id"}) for name in APPOINTMENT_OPERATIONS),
        LinkTarget("create_payment", body=PAYMENT_BODY),
    ),
    "list_appointments": tuple(
        LinkTarget(name, {"appointment_id": "$response.body#/0/id"}) for name in APPOINTMENT_OPERATIONS
    ),
    "create_payment": (
        LinkTarget("get_payment", {"payment_id": "$response.body#/payment_id"}),
        LinkTarget("cancel_payment", body={"paymentId": "$response.body#/paymentId"}),
    ),
    "join_waitlist": (LinkTarget("leave_waitlist", {"entry_id": "$response.body#/id"}),),
    "list_waitlist": (LinkTarget("leave_waitlist", {"entry_id": "$response.body#/0/id"}),),
    "add_time_off": (LinkTarget("delete_time_off", {"time_off_id": "$response.body#/time_off/id"}),),
    "list_time_off": (LinkTarget("delete_time_off", {"time_off_id": "$response.body#/0/id"}),),
}
