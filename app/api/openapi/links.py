"""Which answer leads to which call: OpenAPI's links, for whoever explores the API without a person to guide them."""

from typing import Any, NamedTuple, cast

from litestar.openapi.spec import Link


class To(NamedTuple):
    """A call that an answer leads to, with what of the answer goes into its path and its body."""

    operation_id: str
    path: dict[str, str] | None = None
    body: dict[str, str] | None = None

    @property
    def link(self) -> Link:
        """As OpenAPI has it."""
        return Link(
            operation_id=self.operation_id, parameters=cast("dict[str, Any] | None", self.path), request_body=self.body
        )


OF_APPOINTMENTS = (
    *("get_appointment", "list_appointment_history", "cancel_appointment", "reschedule_appointment"),
    *("doctor_cancel_appointment", "doctor_reschedule_appointment"),
    *("complete_appointment", "mark_appointment_no_show"),
)
PAY = {
    "appointment_id": "$response.body#/id",
    "amount": "$response.body#/fee",
    "currency": "$response.body#/currency",
}

LINKS: dict[str, tuple[To, ...]] = {
    "register": (
        To("login", body={"username": "$request.body#/username", "password": "$request.body#/password"}),
        To("get_doctor", {"doctor_id": "$response.body#/id"}),
    ),
    "login": (To("refresh_tokens", body={"refresh": "$response.body#/refresh"}),),
    "list_doctors": tuple(
        To(name, {"doctor_id": "$response.body#/0/id"}) for name in ("get_doctor", "list_free_slots")
    ),
    "get_doctor": (To("list_free_slots", {"doctor_id": "$response.body#/id"}),),
    "search_free_slots": (
        To("get_doctor", {"doctor_id": "$response.body#/0/doctor"}),
        To(
            "book_appointment",
            body={"doctor": "$response.body#/0/doctor", "appointment_date": "$response.body#/0/start"},
        ),
    ),
    "book_appointment": (
        *(To(name, {"appointment_id": "$response.body#/id"}) for name in OF_APPOINTMENTS),
        To("create_payment", body=PAY),
    ),
    "list_appointments": tuple(To(name, {"appointment_id": "$response.body#/0/id"}) for name in OF_APPOINTMENTS),
    "create_payment": (
        To("get_payment", {"payment_id": "$response.body#/payment_id"}),
        To("cancel_payment", body={"paymentId": "$response.body#/paymentId"}),
    ),
    "join_waitlist": (To("leave_waitlist", {"entry_id": "$response.body#/id"}),),
    "list_waitlist": (To("leave_waitlist", {"entry_id": "$response.body#/0/id"}),),
    "add_time_off": (To("delete_time_off", {"time_off_id": "$response.body#/time_off/id"}),),
    "list_time_off": (To("delete_time_off", {"time_off_id": "$response.body#/0/id"}),),
}
