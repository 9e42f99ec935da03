"""Payloads of the Django application that this API replaces, as its clients send them, with the statuses that they get."""

from typing import Any

import httpx

from app.sandbox.paypal.server import PayPalStandIn
from tests.support.http.registration import authorization
from tests.support.paypal.fake_paypal import FakePayPal

# In payloads, `...` is filled in: a free slot, its day, or an id of PayPal's.
DOCTOR = '{"username": "dr-ada", "email": "ada@example.com", "password": "correct horse", "role": "doctor"}'
PATIENT = '{"username": "bob", "email": "bob@example.com", "password": "battery staple", "role": "patient"}'
WAITING = '{"username": "eve", "email": "eve@example.com", "password": "garden of eden", "role": "patient"}'
BOOKING = '{"doctor": 1, "patient": 2, "appointment_date": "..."}'
PAYMENT = '{"appointment_id":2,"amount":"100.00","currency":"USD"}'
EXECUTION = '{"paymentId":"...","PayerID":"..."}'
APPOINTMENTS = "/api/appointments/appointments/"
BULK_CANCEL = f"{APPOINTMENTS}doctor_bulk_cancel/"


class Person:
    """A client of the API, logged in after `login()`."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._headers = {"Content-Type": "application/json"}

    async def login(self, payload: str) -> None:
        """Log in, and send the access token from now on."""
        tokens = await self.post(200, "/api/accounts/login/", payload)
        self._headers |= authorization(tokens["access"])

    async def post(self, status: int, path: str, payload: str = "", *values: str) -> Any:
        """Post a payload, filled in with `values` in order. Check the status and return the answer."""
        return await self.send(status, "POST", path, payload, *values)

    async def send(self, status: int, method: str, path: str, payload: str = "", *values: str) -> Any:
        """Send a request like `post`, with another method."""
        for value in values:
            payload = payload.replace("...", value, 1)
        answer = await self._client.request(method, path, content=payload, headers=self._headers)
        assert answer.status_code == status, f"{method} {path} {payload}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


async def test_the_first_clients_payloads_get_their_statuses(
    client: httpx.AsyncClient, stand_in: PayPalStandIn
) -> None:
    ada, bob, eve = Person(client), Person(client), Person(client)

    # accounts
    assert (await ada.post(201, "/api/accounts/register/", DOCTOR))["id"] == 1
    assert (await bob.post(201, "/api/accounts/register/", PATIENT))["id"] == 2
    assert (await eve.post(201, "/api/accounts/register/", WAITING))["id"] == 3
    await bob.post(409, "/api/accounts/register/", PATIENT)
    await bob.post(401, "/api/accounts/login/", '{"username": "bob", "password": "a wrong password"}')
    await bob.post(401, APPOINTMENTS, BOOKING, "2030-01-01T09:00:00Z")
    await ada.login('{"username": "dr-ada", "password": "correct horse"}')
    await bob.login('{"username": "bob", "password": "battery staple"}')
    await eve.login('{"username": "eve", "password": "garden of eden"}')

    # book and cancel
    slots = [slot["start"] for slot in (await client.get("/api/doctors/1/slots/")).json()][-6:]
    booked = await bob.post(201, APPOINTMENTS, BOOKING, slots[0])
    assert {
        "id": 1,
        "doctor": 1,
        "patient": 2,
        "appointment_date": slots[0],
        "status": "pending",
    }.items() <= booked.items()
    await bob.post(200, f"{APPOINTMENTS}1/cancel/")
    await bob.post(409, f"{APPOINTMENTS}1/cancel/")
    await eve.post(404, f"{APPOINTMENTS}1/cancel/")
    await eve.post(403, APPOINTMENTS, BOOKING, slots[0])

    # pay
    await bob.post(201, APPOINTMENTS, BOOKING, slots[0])
    payment = await bob.post(201, "/api/payments/create/", PAYMENT)
    paypal_ids = payment["paymentId"], "QYR5Z8XDVJNXQ"
    assert payment["approval_url"].endswith(payment["paymentId"])
    await bob.post(409, "/api/payments/execute/", EXECUTION, *paypal_ids)
    async with FakePayPal(stand_in.url) as paypal:
        await paypal.approve(payment["paymentId"])
    executed = await bob.post(200, "/api/payments/execute/", EXECUTION, *paypal_ids)
    assert (executed["payment"]["status"], executed["appointment"]["status"]) == ("captured", "confirmed")

    # move, and cancel as the doctor
    await bob.post(200, f"{APPOINTMENTS}2/reschedule/", '{"appointment_date": "..."}', slots[1])
    await ada.post(200, f"{APPOINTMENTS}2/doctor_reschedule/", '{"appointment_date": "..."}', slots[2])
    await bob.post(403, f"{APPOINTMENTS}2/doctor_cancel/", '{"reason": "I am ill."}')
    await ada.post(200, f"{APPOINTMENTS}2/doctor_cancel/", '{"reason": "I am ill."}')

    # wait, and give up a payment
    await eve.post(409, "/api/appointments/waitlist/", '{"doctor": 1}')
    await ada.send(200, "PATCH", "/api/accounts/me/", '{"max_appointments": 1}')
    hold = await bob.post(201, APPOINTMENTS, BOOKING, slots[3])
    await eve.post(409, APPOINTMENTS, '{"doctor": 1, "patient": 3, "appointment_date": "..."}', slots[4])
    entry = await eve.post(201, "/api/appointments/waitlist/", '{"doctor": 1}')
    dated = await eve.post(201, "/api/appointments/waitlist/", '{"doctor": 1, "desired_date": "..."}', slots[3][:10])
    for joined in (entry, dated):
        await eve.send(200, "DELETE", f"/api/appointments/waitlist/{joined['id']}/")
    payment = await bob.post(201, "/api/payments/create/", PAYMENT.replace("2", str(hold["id"]), 1))
    await bob.post(200, "/api/payments/cancel/", '{"paymentId":"..."}', payment["paymentId"])
    await ada.send(200, "PATCH", "/api/accounts/me/", '{"max_appointments": 30}')

    # cancel in bulk
    for payload in ('{"patient_id": 2}', '{"cancel_date": "..."}', '{"patient_id": 2, "cancel_date": "..."}', "{}", ""):
        await bob.post(201, APPOINTMENTS, BOOKING, slots[5])
        assert (await ada.post(200, BULK_CANCEL, payload, slots[5][:10]))["count"] == 1
    await bob.post(403, BULK_CANCEL, "{}")
