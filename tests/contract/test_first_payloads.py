"""Payloads of the Django application that this API replaces, as its clients send them, with today's answers."""

from typing import Any, NamedTuple

from httpx import AsyncClient

from app.sandbox.paypal.server import PayPalStandIn
from tests.support.http.registration import LOGIN, ME, REGISTER, authorization
from tests.support.paypal.fake_paypal import FakePayPal

# `...` stands for a free slot, a date or a PayPal id.
DOCTOR = '{"username": "dr-ada", "email": "ada@example.com", "password": "correct horse", "role": "doctor"}'
PATIENT = '{"username": "bob", "email": "bob@example.com", "password": "battery staple", "role": "patient"}'
WAITING = '{"username": "eve", "email": "eve@example.com", "password": "garden of eden", "role": "patient"}'
BOOKING = '{"doctor": 1, "patient": 2, "appointment_date": "..."}'
NEW_TIME = '{"appointment_date": "..."}'
PAYMENT = '{"appointment_id":2,"amount":"100.00","currency":"USD"}'
EXECUTION = '{"paymentId":"...","PayerID":"..."}'

APPOINTMENTS = "/api/appointments/appointments/"
BULK_CANCEL = f"{APPOINTMENTS}doctor_bulk_cancel/"
WAITLIST = "/api/appointments/waitlist/"
PAYMENTS = "/api/payments/"


class Expected(NamedTuple):
    """An answer's status, and names of its fields. It may have more."""

    status: int
    fields: frozenset[str]


def fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


def refused(status: int) -> Expected:
    return Expected(status, fields("type title status detail code"))


APPOINTMENT = fields(
    "id doctor patient appointment_date ends_at status hold_expires_at cancel_deadline fee currency created_at updated_at"
)
REGISTERED = Expected(201, fields("id username email role full_name phone timezone created_at"))
PROFILE = Expected(200, REGISTERED.fields)
LOGGED_IN = Expected(200, fields("access refresh token_type expires_in"))
BOOKED = Expected(201, APPOINTMENT)
CHANGED = Expected(200, APPOINTMENT | {"detail"})
BULK_CANCELED = Expected(200, fields("detail count appointments"))
JOINED = Expected(201, fields("id doctor patient desired_date status position created_at"))
LEFT = Expected(200, JOINED.fields)
PAYMENT_CREATED = Expected(201, fields("payment_id paymentId approval_url status amount currency"))
PAYMENT_CANCELED = Expected(200, fields("payment_id paymentId status detail"))
EXECUTED = Expected(200, fields("payment appointment"))


class Person:
    """A client of the API, with an access token after `log_in()`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._headers = {"Content-Type": "application/json"}

    async def log_in(self, payload: str) -> None:
        tokens = await self.post(LOGGED_IN, LOGIN, payload)
        self._headers |= authorization(tokens["access"])

    async def post(self, expected: Expected, path: str, payload: str = "", *values: str) -> Any:
        return await self.send(expected, "POST", path, payload, *values)

    async def send(self, expected: Expected, method: str, path: str, payload: str = "", *values: str) -> Any:
        """Send a payload with each `...` replaced by a value, check the answer, and return its JSON."""
        for value in values:
            payload = payload.replace("...", value, 1)
        answer = await self._client.request(method, path, content=payload, headers=self._headers)
        called = f"{method} {path} {payload}: {answer.status_code} {answer.text}"
        assert answer.status_code == expected.status, called
        content = answer.json()
        assert expected.fields <= content.keys(), called
        return content


async def test_the_payloads_get_their_answers(client: AsyncClient, stand_in: PayPalStandIn) -> None:
    ada, bob, eve = Person(client), Person(client), Person(client)

    # register and log in
    assert (await ada.post(REGISTERED, REGISTER, DOCTOR))["id"] == 1
    assert (await bob.post(REGISTERED, REGISTER, PATIENT))["id"] == 2
    assert (await eve.post(REGISTERED, REGISTER, WAITING))["id"] == 3
    await bob.post(refused(409), REGISTER, PATIENT)
    await bob.post(refused(401), LOGIN, '{"username": "bob", "password": "a wrong password"}')
    await bob.post(refused(401), APPOINTMENTS, BOOKING, "2030-01-01T09:00:00Z")
    await ada.log_in('{"username": "dr-ada", "password": "correct horse"}')
    await bob.log_in('{"username": "bob", "password": "battery staple"}')
    await eve.log_in('{"username": "eve", "password": "garden of eden"}')

    # book and cancel
    slots = [slot["start"] for slot in (await client.get("/api/doctors/1/slots/")).json()][-6:]
    booked = await bob.post(BOOKED, APPOINTMENTS, BOOKING, slots[0])
    wanted = {"id": 1, "doctor": 1, "patient": 2, "appointment_date": slots[0], "status": "pending"}
    assert wanted.items() <= booked.items()
    await bob.post(CHANGED, f"{APPOINTMENTS}1/cancel/")
    await bob.post(refused(409), f"{APPOINTMENTS}1/cancel/")
    await eve.post(refused(404), f"{APPOINTMENTS}1/cancel/")
    await eve.post(refused(403), APPOINTMENTS, BOOKING, slots[0])

    # pay
    await bob.post(BOOKED, APPOINTMENTS, BOOKING, slots[0])
    payment = await bob.post(PAYMENT_CREATED, f"{PAYMENTS}create/", PAYMENT)
    paypal_ids = payment["paymentId"], "QYR5Z8XDVJNXQ"
    assert payment["approval_url"].endswith(payment["paymentId"])
    await bob.post(refused(409), f"{PAYMENTS}execute/", EXECUTION, *paypal_ids)
    async with FakePayPal(stand_in.url) as paypal:
        await paypal.approve(payment["paymentId"])
    executed = await bob.post(EXECUTED, f"{PAYMENTS}execute/", EXECUTION, *paypal_ids)
    assert (executed["payment"]["status"], executed["appointment"]["status"]) == ("captured", "confirmed")

    # reschedule, and cancel as the doctor
    await bob.post(CHANGED, f"{APPOINTMENTS}2/reschedule/", NEW_TIME, slots[1])
    await ada.post(CHANGED, f"{APPOINTMENTS}2/doctor_reschedule/", NEW_TIME, slots[2])
    await bob.post(refused(403), f"{APPOINTMENTS}2/doctor_cancel/", '{"reason": "I am ill."}')
    await ada.post(CHANGED, f"{APPOINTMENTS}2/doctor_cancel/", '{"reason": "I am ill."}')

    # join the waitlist of a full doctor, and cancel a payment
    await eve.post(refused(409), WAITLIST, '{"doctor": 1}')
    await ada.send(PROFILE, "PATCH", ME, '{"max_appointments": 1}')
    hold = await bob.post(BOOKED, APPOINTMENTS, BOOKING, slots[3])
    await eve.post(refused(409), APPOINTMENTS, BOOKING.replace("2", "3"), slots[4])
    for joining in ('{"doctor": 1}', '{"doctor": 1, "desired_date": "..."}'):
        entry = await eve.post(JOINED, WAITLIST, joining, slots[3][:10])
        await eve.send(LEFT, "DELETE", f"{WAITLIST}{entry['id']}/")
    payment = await bob.post(PAYMENT_CREATED, f"{PAYMENTS}create/", PAYMENT.replace("2", str(hold["id"]), 1))
    await bob.post(PAYMENT_CANCELED, f"{PAYMENTS}cancel/", '{"paymentId":"..."}', payment["paymentId"])
    await ada.send(PROFILE, "PATCH", ME, '{"max_appointments": 30}')

    # cancel all appointments, or those of a patient or a day
    for payload in ('{"patient_id": 2}', '{"cancel_date": "..."}', '{"patient_id": 2, "cancel_date": "..."}', "{}", ""):
        await bob.post(BOOKED, APPOINTMENTS, BOOKING, slots[5])
        assert (await ada.post(BULK_CANCELED, BULK_CANCEL, payload, slots[5][:10]))["count"] == 1
    await bob.post(refused(403), BULK_CANCEL, "{}")
