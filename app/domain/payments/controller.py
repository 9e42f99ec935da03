"""`/api/payments`: pay for an appointment through PayPal."""

from collections.abc import Awaitable
from typing import Annotated, Any

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, QueryParameter
from litestar.security.jwt import Token
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.problems import not_found, problems
from app.domain.appointments.controller import provide_appointments
from app.domain.appointments.repository import AppointmentRepository
from app.domain.auth.tokens import Caller, patients_only
from app.domain.fields import PRINTABLE, PathId
from app.domain.payments import pages
from app.domain.payments.gateway import PayPalGateway
from app.domain.payments.idempotency import PaymentKey, provide_payment_key
from app.domain.payments.lifecycle import ENDED
from app.domain.payments.repository import PaymentRepository
from app.domain.payments.schemas import CancelPayment, CreatePayment, Executed, ExecutePayment, Payment, PaymentDetail

OrderId = Annotated[str, QueryParameter(name="token", max_length=64, pattern=PRINTABLE)]  # as PayPal adds it


async def provide_payments(db_engine: NamedDependency[AsyncEngine]) -> PaymentRepository:
    """Provide the repository of a request."""
    return PaymentRepository(db_engine)


def _or_not_found(payment: Payment | None) -> Payment:
    if payment is None:
        raise not_found("payment")
    return payment


async def _id_of(finding: Awaitable[Payment | None]) -> int:
    return _or_not_found(await finding).payment_id


class PaymentController(Controller):
    """Payments of a patient. A charged patient has the appointment or receives a refund."""

    path = "/api/payments"
    tags = ("payments",)
    dependencies = {  # noqa: RUF012  Litestar reads it from the class
        "payments": Provide(provide_payments),
        "appointments": Provide(provide_appointments),
        "payment_key": Provide(provide_payment_key),
    }

    @post("/create", operation_id="create_payment", guards=[patients_only], responses=problems(404, 409, 422))
    async def create(
        self,
        request: Request[Caller, Token, Any],
        data: JSONBody[CreatePayment],
        payments: NamedDependency[PaymentRepository],
        paypal_gateway: NamedDependency[PayPalGateway],
        payment_key: NamedDependency[PaymentKey],
    ) -> Response[Payment]:
        """Start a payment. Send the payer's browser to `approval_url`. A repeated call returns the same payment."""
        lifecycle = paypal_gateway.lifecycle(payments)
        payment_id = await payment_key.bind(lambda: lifecycle.begin(request.user.id, data))
        return payment_key.answer(await lifecycle.ensure_order(request.user.id, payment_id))

    @post(
        "/execute",
        operation_id="execute_payment",
        status_code=200,
        guards=[patients_only],
        responses=problems(404, 409, 422),
    )
    async def execute(
        self,
        request: Request[Caller, Token, Any],
        data: JSONBody[ExecutePayment],
        payments: NamedDependency[PaymentRepository],
        paypal_gateway: NamedDependency[PayPalGateway],
        appointments: NamedDependency[AppointmentRepository],
        payment_key: NamedDependency[PaymentKey],
    ) -> Response[Executed]:
        """Capture the approved payment and confirm the appointment. The call can be repeated safely."""
        lifecycle = paypal_gateway.lifecycle(payments)
        await payment_key.bind(lambda: _id_of(payments.find_by_order(request.user.id, data.order_id)))
        payment = await lifecycle.execute(request.user.id, data.order_id, data.payer_id)
        appointment = await appointments.find(request.user, payment.appointment_id)
        assert appointment is not None  # noqa: S101  appointments are never deleted
        return payment_key.answer(Executed(payment, appointment))

    @post(
        "/cancel",
        operation_id="cancel_payment",
        status_code=200,
        guards=[patients_only],
        responses=problems(404, 409),
    )
    async def cancel(
        self,
        request: Request[Caller, Token, Any],
        data: JSONBody[CancelPayment],
        payments: NamedDependency[PaymentRepository],
        payment_key: NamedDependency[PaymentKey],
    ) -> Response[PaymentDetail]:
        """Release an unpaid hold at any time before the start. After a capture, cancel the appointment instead."""
        payment_id = await payment_key.bind(lambda: _id_of(payments.give_up(request.user.id, data.payment_id)))
        payment = _or_not_found(await payments.find(request.user.id, payment_id))
        charged = payment.status not in ENDED  # a capture that arrived after the release and was refunded
        detail = "The hold was released." if charged else "The hold was released. Nothing was charged."
        return payment_key.answer(PaymentDetail(**structs.asdict(payment), detail=detail))

    @get("/{payment_id:int}", operation_id="get_payment", guards=[patients_only])
    async def get_payment(
        self, request: Request[Caller, Token, Any], payment_id: PathId, payments: NamedDependency[PaymentRepository]
    ) -> Payment:
        """Return a payment of the patient."""
        return _or_not_found(await payments.find(request.user.id, payment_id))

    # These two change nothing: a prefetching browser or a mail scanner may open them, too.
    @get("/return", operation_id="show_payment_return", exclude_from_auth=True, media_type=MediaType.HTML)
    async def show_return(self, payments: NamedDependency[PaymentRepository], order_id: OrderId = "") -> Response[str]:
        """Show the payment's status to a payer who returns from PayPal."""
        return pages.return_page(await payments.status_of_order(order_id))

    @get("/cancel", operation_id="show_payment_cancel", exclude_from_auth=True, media_type=MediaType.HTML)
    async def show_cancel(self, payments: NamedDependency[PaymentRepository], order_id: OrderId = "") -> Response[str]:
        """Show the payment's status to a payer who canceled at PayPal."""
        return pages.cancel_page(await payments.status_of_order(order_id))
