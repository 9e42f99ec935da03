"""PayPal's official client works with the stand-in."""

import asyncio
from typing import Any

import pytest
from apimatic_core.exceptions.auth_validation_exception import AuthValidationException
from paypalserversdk.configuration import Configuration, Environment, Server
from paypalserversdk.exceptions.error_exception import ErrorException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.models.amount_with_breakdown import AmountWithBreakdown
from paypalserversdk.models.checkout_payment_intent import CheckoutPaymentIntent
from paypalserversdk.models.money import Money
from paypalserversdk.models.order_request import OrderRequest
from paypalserversdk.models.payment_source import PaymentSource
from paypalserversdk.models.paypal_wallet import PaypalWallet
from paypalserversdk.models.paypal_wallet_experience_context import PaypalWalletExperienceContext
from paypalserversdk.models.purchase_unit_request import PurchaseUnitRequest
from paypalserversdk.models.refund_request import RefundRequest
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from app.sandbox.paypal.server import PayPalStandIn
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.orders import new_id

WHOLE = "return=representation"


class Sdk:
    """The official client. It blocks, so each call runs in a thread."""

    def __init__(self, client_id: str, secret: str) -> None:
        self._client = PaypalServersdkClient(
            environment=Environment.SANDBOX,
            client_credentials_auth_credentials=ClientCredentialsAuthCredentials(
                o_auth_client_id=client_id, o_auth_client_secret=secret
            ),
        )

    async def orders(self, name: str, **options: Any) -> Any:
        """Call Orders v2; return the answer as the client's model."""
        return (await asyncio.to_thread(getattr(self._client.orders, name), options)).body

    async def payments(self, name: str, **options: Any) -> Any:
        return (await asyncio.to_thread(getattr(self._client.payments, name), options)).body

    async def create(self, value: str = "100.00", currency: str = "USD", **options: Any) -> Any:
        unit = PurchaseUnitRequest(
            amount=AmountWithBreakdown(currency_code=currency, value=value), custom_id="ours", invoice_id=new_id()
        )
        context = PaypalWalletExperienceContext(
            return_url="https://practice.example.org/return", cancel_url="https://practice.example.org/cancel"
        )
        body = OrderRequest(
            intent=CheckoutPaymentIntent.CAPTURE,
            purchase_units=[unit],
            payment_source=PaymentSource(paypal=PaypalWallet(experience_context=context)),
        )
        return await self.orders("create_order", body=body, paypal_request_id=new_id(), **options)

    async def capture(self, fake_paypal: FakePayPal) -> Any:
        """Create, approve and capture an order, and return the capture."""
        order = await self.create()
        await fake_paypal.approve(order.id)
        paid = await self.orders("capture_order", id=order.id, paypal_request_id=new_id(), prefer=WHOLE)
        return paid.purchase_units[0].payments.captures[0]


@pytest.fixture
def sdk(stand_in: PayPalStandIn, monkeypatch: pytest.MonkeyPatch) -> Sdk:
    """The official client, connected to the stand-in by a patch: it has no setting for the address."""
    monkeypatch.setitem(Configuration.environments[Environment.SANDBOX], Server.DEFAULT, stand_in.url)
    return Sdk(stand_in.client_id, stand_in.client_secret)


async def refusal(call: Any) -> tuple[int, str, str]:
    with pytest.raises(ErrorException) as refused:
        await call
    error = refused.value
    assert error.debug_id
    return error.response_code, error.name, error.details[0].issue


async def test_an_order_is_created_approved_and_captured(sdk: Sdk, fake_paypal: FakePayPal) -> None:
    order = await sdk.create(prefer=WHOLE)
    assert order.status == "PAYER_ACTION_REQUIRED"
    assert (order.purchase_units[0].amount.value, order.purchase_units[0].custom_id) == ("100.00", "ours")
    assert [link.rel for link in order.links] == ["self", "payer-action"]
    await fake_paypal.approve(order.id)
    seen = await sdk.orders("get_order", id=order.id)
    assert (seen.status, seen.payment_source.paypal.account_id) == ("APPROVED", seen.payer.payer_id)
    request_id = new_id()
    paid = await sdk.orders("capture_order", id=order.id, paypal_request_id=request_id)
    again = await sdk.orders("capture_order", id=order.id, paypal_request_id=request_id)
    assert paid.status == "COMPLETED"
    (capture,) = paid.purchase_units[0].payments.captures
    assert (capture.status, capture.amount.value, capture.final_capture) == ("COMPLETED", "100.00", True)
    assert again.purchase_units[0].payments.captures[0].id == capture.id


async def test_a_minimal_answer(sdk: Sdk) -> None:
    order = await sdk.create()
    assert order.id
    assert not hasattr(order, "purchase_units")


async def test_a_capture_is_read_and_refunded(sdk: Sdk, fake_paypal: FakePayPal) -> None:
    capture = await sdk.capture(fake_paypal)
    read = await sdk.payments("get_captured_payment", capture_id=capture.id)
    assert (read.status, read.supplementary_data.related_ids.order_id != "") == ("COMPLETED", True)
    body = RefundRequest(amount=Money(currency_code="USD", value="40.00"), note_to_payer="The doctor is ill.")
    refund = await sdk.payments(
        "refund_captured_payment", capture_id=capture.id, paypal_request_id=new_id(), body=body, prefer=WHOLE
    )
    assert (refund.status, refund.amount.value, refund.note_to_payer) == ("COMPLETED", "40.00", "The doctor is ill.")
    rest = await sdk.payments("refund_captured_payment", capture_id=capture.id, prefer=WHOLE)
    assert rest.amount.value == "60.00"
    assert (await sdk.payments("get_refund", refund_id=rest.id)).status == "COMPLETED"
    assert (await sdk.payments("get_captured_payment", capture_id=capture.id)).status == "REFUNDED"


async def test_refusals(sdk: Sdk, fake_paypal: FakePayPal) -> None:
    order = await sdk.create()
    capture = sdk.orders("capture_order", id=order.id, paypal_request_id=new_id())
    assert await refusal(capture) == (422, "UNPROCESSABLE_ENTITY", "ORDER_NOT_APPROVED")
    missing = sdk.orders("get_order", id="5O190127TN364715T")
    assert await refusal(missing) == (404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
    assert await refusal(sdk.create("1.001")) == (422, "UNPROCESSABLE_ENTITY", "DECIMAL_PRECISION")
    assert await refusal(sdk.create("NaN")) == (400, "INVALID_REQUEST", "INVALID_PARAMETER_SYNTAX")
    assert await refusal(sdk.create("1", "XXX")) == (422, "UNPROCESSABLE_ENTITY", "INVALID_CURRENCY_CODE")
    paid = await sdk.capture(fake_paypal)
    body = RefundRequest(amount=Money(currency_code="USD", value="100.01"))
    too_much = sdk.payments("refund_captured_payment", capture_id=paid.id, body=body)
    assert await refusal(too_much) == (422, "UNPROCESSABLE_ENTITY", "REFUND_AMOUNT_EXCEEDED")


async def test_a_mocked_decline(sdk: Sdk, fake_paypal: FakePayPal) -> None:
    order = await sdk.create()
    await fake_paypal.approve(order.id)
    mock = '{"mock_application_codes": "INSTRUMENT_DECLINED"}'
    declined = sdk.orders("capture_order", id=order.id, paypal_mock_response=mock)
    assert await refusal(declined) == (422, "UNPROCESSABLE_ENTITY", "INSTRUMENT_DECLINED")


@pytest.mark.usefixtures("sdk")
async def test_wrong_credentials(stand_in: PayPalStandIn) -> None:
    with pytest.raises(AuthValidationException):
        await Sdk(stand_in.client_id, "wrong").create()
