"""For each operation that honours an Idempotency-Key: a request that has an effect, and a description of the effect."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
from asyncpg import Connection

from app.domain.auth.tokens import Role
from app.sandbox.paypal.serializers import PAYER_ID
from tests.support.db.offers import CANCEL, full_doctor, waiting
from tests.support.db.past_visits import ago, visit
from tests.support.factories import SLOT, a_slot, bearer, make_doctor, make_patient
from tests.support.http.bookings import APPOINTMENTS
from tests.support.http.schedules import TIME_OFF
from tests.support.paypal.payment_client import PAYMENTS, BegunPayment, Hold, PaymentClient
from tests.support.servers.databases import Database

KEY, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
WAITLIST, OFFERS = "/api/appointments/waitlist/", "/api/appointments/offers/"


class IdempotentRequest(NamedTuple):
    """A request, and the doctor it concerns."""

    doctor: int
    path: str
    headers: dict[str, str]
    body: dict[str, Any] | None = None

    async def send(self, client: httpx.AsyncClient, key: str | None = None) -> httpx.Response:
        named = {KEY: key} if key else {}
        return await client.post(self.path, headers=self.headers | named, json=self.body)


def booking_request(patient: int, doctor: int, number: int = 0) -> IdempotentRequest:
    body = {"doctor": doctor, "appointment_date": a_slot(number).isoformat()}
    return IdempotentRequest(doctor, APPOINTMENTS, bearer(patient, "patient"), body)


def payment_request(hold: Hold, amount: str = "100.00") -> IdempotentRequest:
    body = {"appointment_id": hold.appointment, "amount": amount, "currency": "USD"}
    return IdempotentRequest(hold.doctor, f"{PAYMENTS}create/", bearer(hold.patient, "patient"), body)


def capture_request(begun: BegunPayment) -> IdempotentRequest:
    body = {"paymentId": begun.order, "PayerID": PAYER_ID}
    return IdempotentRequest(begun.doctor, f"{PAYMENTS}execute/", bearer(begun.patient, "patient"), body)


def giving_up_request(begun: BegunPayment) -> IdempotentRequest:
    body = {"paymentId": begun.order}
    return IdempotentRequest(begun.doctor, f"{PAYMENTS}cancel/", bearer(begun.patient, "patient"), body)


class Practice:
    """Sets up what a request needs, and returns the request."""

    def __init__(self, database: Database, owner: Connection, payment_client: PaymentClient) -> None:
        self.database = database
        self.owner = owner
        self.payment_client = payment_client

    async def booking(self) -> IdempotentRequest:
        """Book with a doctor who charges nothing: the confirmation is mailed at once."""
        return booking_request(await make_patient(self.owner), await make_doctor(self.owner, fee=0))

    async def change(self, role: Role, call: str, **body: object) -> IdempotentRequest:
        """Change an appointment of a full doctor for whom a patient waits."""
        doctor, patient, appointment = await self._full_doctor()
        headers = bearer(patient if role == "patient" else doctor, role)
        return IdempotentRequest(doctor, f"{APPOINTMENTS}{appointment}/{call}/", headers, body or None)

    async def bulk_cancel(self) -> IdempotentRequest:
        doctor, *_ = await self._full_doctor()
        return IdempotentRequest(doctor, f"{APPOINTMENTS}doctor_bulk_cancel/", bearer(doctor, "doctor"))

    async def record(self, call: str) -> IdempotentRequest:
        """Record whether the patient came."""
        doctor, patient = await make_doctor(self.owner), await make_patient(self.owner)
        appointment = await visit(self.database, doctor, patient, ago(minutes=10))
        return IdempotentRequest(doctor, f"{APPOINTMENTS}{appointment}/{call}/", bearer(doctor, "doctor"))

    async def join_waitlist(self) -> IdempotentRequest:
        doctor, *_ = await self._full_doctor()
        headers = bearer(await make_patient(self.owner), "patient")
        return IdempotentRequest(doctor, WAITLIST, headers, {"doctor": doctor})

    async def answer_offer(self, call: str) -> IdempotentRequest:
        """Accept or decline the slot that has come free at a full doctor."""
        doctor, patient, appointment = await self._full_doctor()
        await self.owner.fetch(CANCEL, patient, appointment)
        offer = await self.owner.fetchrow("SELECT id, patient FROM api_offer WHERE doctor = $1", doctor)
        assert offer is not None
        return IdempotentRequest(doctor, f"{OFFERS}{offer['id']}/{call}/", bearer(offer["patient"], "patient"))

    async def change_entry(self, call: str) -> IdempotentRequest:
        doctor, *_ = await self._full_doctor()
        entry = await self.owner.fetchrow("SELECT id, patient_id FROM waitlist_entry WHERE doctor_id = $1", doctor)
        assert entry is not None
        if call == "resume":
            await self.owner.fetch("SELECT * FROM pause_waitlist($1, $2)", entry["patient_id"], entry["id"])
        return IdempotentRequest(doctor, f"{WAITLIST}{entry['id']}/{call}/", bearer(entry["patient_id"], "patient"))

    async def time_off(self) -> IdempotentRequest:
        """Take time off during an appointment."""
        doctor, *_ = await self._full_doctor()
        body = {"start": a_slot().isoformat(), "end": (a_slot() + SLOT).isoformat(), "cancel_affected": True}
        return IdempotentRequest(doctor, TIME_OFF, bearer(doctor, "doctor"), body)

    async def payment(self) -> IdempotentRequest:
        return payment_request(await self.payment_client.hold())

    async def capture(self) -> IdempotentRequest:
        return capture_request(await self.payment_client.approved())

    async def giving_up(self) -> IdempotentRequest:
        return giving_up_request(await self.payment_client.begin())

    async def _full_doctor(self) -> tuple[int, int, int]:
        doctor, patient, (appointment,) = await full_doctor(self.owner)
        await waiting(self.owner, doctor, 1)
        return doctor, patient, appointment


def _other_time() -> str:
    return a_slot(after=timedelta(days=5)).isoformat()


IDEMPOTENT_REQUESTS: dict[str, Callable[[Practice], Awaitable[IdempotentRequest]]] = {
    "book_appointment": Practice.booking,
    "cancel_appointment": lambda p: p.change("patient", "cancel"),
    "reschedule_appointment": lambda p: p.change("patient", "reschedule", appointment_date=_other_time()),
    "doctor_cancel_appointment": lambda p: p.change("doctor", "doctor_cancel", reason="ill", block=True),
    "doctor_reschedule_appointment": lambda p: p.change(
        "doctor", "doctor_reschedule", appointment_date=_other_time(), block=True
    ),
    "doctor_bulk_cancel_appointments": Practice.bulk_cancel,
    "complete_appointment": lambda p: p.record("complete"),
    "mark_appointment_no_show": lambda p: p.record("no_show"),
    "join_waitlist": Practice.join_waitlist,
    "pause_waitlist": lambda p: p.change_entry("pause"),
    "resume_waitlist": lambda p: p.change_entry("resume"),
    "accept_offer": lambda p: p.answer_offer("accept"),
    "decline_offer": lambda p: p.answer_offer("decline"),
    "add_time_off": Practice.time_off,
    "create_payment": Practice.payment,
    "execute_payment": Practice.capture,
    "cancel_payment": Practice.giving_up,
}

STATE = """
    WITH a AS (SELECT * FROM appointment WHERE doctor_id = $1), p AS (
        SELECT payment.* FROM payment INNER JOIN a ON payment.appointment_id = a.id
    )
    SELECT concat_ws(' ', 'appointment', status, version) AS thing FROM a
    UNION ALL SELECT concat_ws(' ', 'mail', n.kind, n.appointment_version, n.status)
        FROM notification AS n INNER JOIN a ON n.appointment_id = a.id
    UNION ALL SELECT concat_ws(' ', 'waiting', status) FROM waitlist_entry WHERE doctor_id = $1
    UNION ALL SELECT concat_ws(' ', 'offer', offer.status) FROM offer INNER JOIN a ON a.id = offer.appointment_id
    UNION ALL SELECT 'time off' FROM time_off WHERE doctor_id = $1
    UNION ALL SELECT concat_ws(' ', 'payment', status, order_id IS NOT NULL, attention) FROM p
    UNION ALL SELECT concat_ws(' ', 'refund', refund.status) FROM refund INNER JOIN p ON refund.payment_id = p.id
    ORDER BY thing
"""


async def state(owner: Connection, act: IdempotentRequest) -> list[str]:
    """Return everything about the request's doctor, without ids, so that two doctors can be compared."""
    return [row["thing"] for row in await owner.fetch(STATE, act.doctor)]


def new_key() -> str:
    return str(uuid4())


async def receipts(owner: Connection, account: int) -> int:
    number: int = await owner.fetchval("SELECT count(*) FROM receipt WHERE account_id = $1", account)
    return number
