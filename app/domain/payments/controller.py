"""`/api/payments`: pay for an appointment through PayPal."""

from typing import Annotated, Any

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, QueryParameter
from litestar.security.jwt import Token
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.accounts.tokens import Caller, patients_only
from app.domain.appointments.controller import provide_appointments
from app.domain.appointments.repository import AppointmentRepository
from app.domain.fields import PRINTABLE, PathId
from app.domain.payments import pages
from app.domain.payments.configured import PayPalAccount
from app.domain.payments.repository import PaymentRepository
from app.domain.payments.schemas import CancelPayment, CreatePayment, Executed, ExecutePayment, Payment, PaymentDetail
from app.domain.problems import not_found, problems

OrderId = Annotated[str, QueryParameter(name="token", max_length=64, pattern=PRINTABLE)]  # as PayPal adds it


async def provide_payments(db_session: NamedDependency[AsyncSession]) -> PaymentRepository:
    """Provide the repository of a request."""
    return PaymentRepository(session=db_session, auto_refresh=False)


class PaymentController(Controller):
    """A patient's payments. Whoever is charged has the appointment, or gets the money back."""

    path = "/api/payments"
    tags = ("payments",)
    dependencies = {  # noqa: RUF012  Litestar reads it from the class
        "payments": Provide(provide_payments),
        "appointments": Provide(provide_appointments),
    }

    @post("/create", operation_id="create_payment", guards=[patients_only], responses=problems(404, 409, 422))
    async def create(
        self,
        request: Request[Caller, Token, Any],
        data: JSONBody[CreatePayment],
        payments: NamedDependency[PaymentRepository],
        paypal_account: NamedDependency[PayPalAccount],
    ) -> Payment:
        """Begin to pay: send the payer's browser to `approval_url`. Asked again, the same payment is answered."""
        return await paypal_account.lifecycle(payments).begin(request.user.id, data)

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
        paypal_account: NamedDependency[PayPalAccount],
        appointments: NamedDependency[AppointmentRepository],
    ) -> Executed:
        """Take what the payer has approved, and confirm the appointment. It may be asked any number of times."""
        lifecycle = paypal_account.lifecycle(payments)
        payment = await lifecycle.execute(request.user.id, data.order_id, data.payer_id)
        appointment = await appointments.find(request.user, payment.appointment_id)
        assert appointment is not None  # noqa: S101  appointments are never deleted
        return Executed(payment, appointment)

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
    ) -> PaymentDetail:
        """Give up an unpaid hold, however near its start; once the money is taken, cancel the appointment instead."""
        payment = await payments.give_up(request.user.id, data.payment_id)
        if payment is None:
            raise not_found("payment")
        return PaymentDetail(**structs.asdict(payment), detail="The hold is given up; nothing was charged.")

    @get("/{payment_id:int}", operation_id="get_payment", guards=[patients_only])
    async def get_payment(
        self, request: Request[Caller, Token, Any], payment_id: PathId, payments: NamedDependency[PaymentRepository]
    ) -> Payment:
        """Return one of one's payments."""
        payment = await payments.find(request.user.id, payment_id)
        if payment is None:
            raise not_found("payment")
        return payment

    # What a browser, a prefetch or a mail scanner opens decides nothing: these two change nothing.
    @get("/return", include_in_schema=False, exclude_from_auth=True, media_type=MediaType.HTML)
    async def show_return(self, payments: NamedDependency[PaymentRepository], order_id: OrderId = "") -> Response[str]:
        """Show a payer who comes back from PayPal whether the payment is made."""
        return pages.returned(await payments.status_of_order(order_id))

    @get("/cancel", include_in_schema=False, exclude_from_auth=True, media_type=MediaType.HTML)
    async def show_cancel(self, payments: NamedDependency[PaymentRepository], order_id: OrderId = "") -> Response[str]:
        """Show a payer who turned back at PayPal how things stand."""
        return pages.turned_back(await payments.status_of_order(order_id))
