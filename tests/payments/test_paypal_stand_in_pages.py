"""The PayPal stand-in's pages for the payer, its start and its restart."""

from pathlib import Path
from uuid import uuid4

from httpx import AsyncClient

from app.sandbox.paypal.server import PayPalStandIn
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.raw_calls import ADDRESSES, AMOUNT, ORDER, WITH_SOURCE, logged_in, post


async def test_the_payer_approves_on_a_page(stand_in: PayPalStandIn, raw: AsyncClient, fake_paypal: FakePayPal) -> None:
    unit = {"amount": AMOUNT, "description": "<script>alert(1)</script>"}
    body = WITH_SOURCE | {"purchase_units": [unit]}
    created = await post(raw, "/v2/checkout/orders", body, PayPal_Request_Id=uuid4().hex)
    order_id = created.json()["id"]
    (url,) = (link["href"] for link in created.json()["links"] if link["rel"] == "payer-action")
    assert url == f"{stand_in.url}/checkoutnow?token={order_id}"
    page = await fake_paypal.get(f"/checkoutnow?token={order_id}")
    assert page.headers["content-type"].startswith("text/html")
    assert "100.00 USD" in page.text
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text
    for button in ("approve", "cancel"):
        assert f'<form method="post" action="/checkoutnow/{button}?token={order_id}"><button' in page.text
    canceled = await fake_paypal.post(f"/checkoutnow/cancel?token={order_id}")
    assert (canceled.status_code, canceled.headers["location"]) == (303, f"https://a.example.org/c?token={order_id}")
    approved = await fake_paypal.approve(order_id)
    payer = (await raw.get(f"/v2/checkout/orders/{order_id}")).json()["payer"]["payer_id"]
    assert approved.status_code == 303
    assert approved.headers["location"] == f"https://a.example.org/r?lang=en&token={order_id}&PayerID={payer}"
    assert "approve it again" in (await fake_paypal.get(f"/checkoutnow?token={order_id}")).text
    await post(raw, f"/v2/checkout/orders/{order_id}/capture")
    assert "is paid" in (await fake_paypal.get(f"/checkoutnow?token={order_id}")).text
    assert order_id in (await fake_paypal.get("/")).text


async def test_without_addresses_the_payer_stays_on_the_page(raw: AsyncClient, fake_paypal: FakePayPal) -> None:
    created = await post(raw, "/v2/checkout/orders", ORDER)
    assert "Canceled" in (await fake_paypal.post(f"/checkoutnow/cancel?token={created.json()['id']}")).text
    assert "is approved" in (await fake_paypal.approve(created.json()["id"])).text


async def test_an_order_that_does_not_exist_has_no_page(raw: AsyncClient) -> None:
    for method, path in (("GET", "/checkoutnow"), ("POST", "/checkoutnow/approve"), ("POST", "/checkoutnow/cancel")):
        answer = await raw.request(method, f"{path}?token=5O190127TN364715T")
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")


async def test_the_deprecated_application_context_sets_the_return_address(
    raw: AsyncClient, fake_paypal: FakePayPal
) -> None:
    created = await post(raw, "/v2/checkout/orders", ORDER | {"application_context": ADDRESSES})
    approved = await fake_paypal.approve(created.json()["id"])
    assert approved.headers["location"].startswith("https://a.example.org/r?lang=en&token=")


async def test_everything_outlives_a_restart(tmp_path: Path) -> None:
    ids = {"PayPal_Request_Id": "the-same"}
    first = PayPalStandIn(tmp_path)
    await first.start()
    async with logged_in(first) as http:
        order = (await post(http, "/v2/checkout/orders", ORDER, **ids)).json()["id"]
        await http.post(f"/checkoutnow/approve?token={order}")
        authorization = http.headers["Authorization"]
    await first.stop()
    second = PayPalStandIn(tmp_path)
    await second.start()
    assert (second.url, second.client_secret, second.webhook_id) == (first.url, first.client_secret, first.webhook_id)
    async with logged_in(second) as http:
        old_token = {"Authorization": authorization}
        assert (await http.get("/v2/checkout/orders/x", headers=old_token)).status_code == 401
        again = await post(http, "/v2/checkout/orders", ORDER, **ids)
        assert (again.status_code, again.json()["id"]) == (200, order)
        paid = await post(http, f"/v2/checkout/orders/{order}/capture", **ids)
        assert paid.json()["status"] == "COMPLETED"
    await second.stop()


async def test_if_its_port_is_taken_it_takes_another(tmp_path: Path) -> None:
    first, second = PayPalStandIn(tmp_path), PayPalStandIn(tmp_path)
    await first.start()
    await second.start()
    assert first.url != second.url
    await first.stop()
    await second.stop()
