"""How each operation that honours an Idempotency-Key is called so that it does something, and what it has done then."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import asyncpg
import httpx

from app.domain.auth.tokens import Role
from app.sandbox.paypal.serializers import PAYER_ID
from tests.support.db.past_visits import ago, visit
from tests.support.factories import SLOT, a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.bookings import APPOINTMENTS
from tests.support.http.schedules import TIME_OFF
from tests.support.paypal.payment_client import PAYMENTS, PaymentClient
from tests.support.servers.databases import Database

KEY, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
WAITLIST, OFFERS = "/api/appointments/waitlist/", "/api/appointments/offers/"


class IdempotentRequest(NamedTuple):
    """A request that does something at a doctor's."""

    doctor: int
    path: str
    headers: dict[str, str]
    body: dict[str, Any] | None = None

    async def send(self, client: httpx.AsyncClient, key: str | None = None) -> httpx.Response:
        """Send it."""
        named = {KEY: key} if key else {}
        return await client.post(self.path, headers=self.headers | named, json=self.body)


class Practice:
    """Makes what the acts are about."""

    def __init__(self, database: Database, owner: asyncpg.Connection, payment_client: PaymentClient) -> None:
        self.database = database
        self.owner = owner
        self.payment_client = payment_client

    async def booking(self) -> IdempotentRequest:
        """Book with a doctor who charges nothing, so that a mail says so at once."""
        doctor, patient = await make_doctor(self.owner, fee=0), await make_patient(self.owner)
        body = {"doctor": doctor, "appointment_date": a_slot().isoformat()}
        return IdempotentRequest(doctor, APPOINTMENTS, bearer(patient, "patient"), body)

    async def change(self, role: Role, call: str, **body: object) -> IdempotentRequest:
        """Do something to an appointment of a full doctor's, for whom somebody waits."""
        doctor, patient = await self._full_doctor()
        appointment = await self.owner.fetchval("SELECT id FROM appointment WHERE doctor_id = $1", doctor)
        headers = bearer(patient if role == "patient" else doctor, role)
        return IdempotentRequest(doctor, f"{APPOINTMENTS}{appointment}/{call}/", headers, body or None)

    async def bulk_cancel(self) -> IdempotentRequest:
        """Cancel all that a doctor has."""
        doctor, _ = await self._full_doctor()
        return IdempotentRequest(doctor, f"{APPOINTMENTS}doctor_bulk_cancel/", bearer(doctor, "doctor"))

    async def record(self, call: str) -> IdempotentRequest:
        """Say how a visit was."""
        doctor, patient = await make_doctor(self.owner), await make_patient(self.owner)
        appointment = await visit(self.database, doctor, patient, ago(minutes=10))
        return IdempotentRequest(doctor, f"{APPOINTMENTS}{appointment}/{call}/", bearer(doctor, "doctor"))

    async def waiting(self) -> IdempotentRequest:
        """Wait for a doctor who is full."""
        doctor, _ = await self._full_doctor()
        return IdempotentRequest(
            doctor, WAITLIST, bearer(await make_patient(self.owner), "patient"), {"doctor": doctor}
        )

    async def answer_offer(self, call: str) -> IdempotentRequest:
        """Accept or decline the place that has come free at a full doctor's."""
        doctor, patient = await self._full_doctor()
        appointment = await self.owner.fetchval("SELECT id FROM appointment WHERE doctor_id = $1", doctor)
        await self.owner.fetch("SELECT * FROM cancel_as_patient($1, $2)", patient, appointment)
        offer = await self.owner.fetchrow("SELECT id, patient FROM api_offer WHERE doctor = $1", doctor)
        assert offer is not None
        return IdempotentRequest(doctor, f"{OFFERS}{offer['id']}/{call}/", bearer(offer["patient"], "patient"))

    async def change_entry_status(self, call: str) -> IdempotentRequest:
        """Pause, or end a pause."""
        doctor, _ = await self._full_doctor()
        entry = await self.owner.fetchrow("SELECT id, patient_id FROM waitlist_entry WHERE doctor_id = $1", doctor)
        assert entry is not None
        if call == "resume":
            await self.owner.fetch("SELECT * FROM pause_waitlist($1, $2)", entry["patient_id"], entry["id"])
        return IdempotentRequest(doctor, f"{WAITLIST}{entry['id']}/{call}/", bearer(entry["patient_id"], "patient"))

    async def time_off(self) -> IdempotentRequest:
        """Be away when somebody comes."""
        doctor, _ = await self._full_doctor()
        during = {"start": a_slot().isoformat(), "end": (a_slot() + SLOT).isoformat()}
        return IdempotentRequest(doctor, TIME_OFF, bearer(doctor, "doctor"), during | {"cancel_affected": True})

    async def payment(self) -> IdempotentRequest:
        """Begin to pay."""
        hold = await self.payment_client.hold()
        body = {"appointment_id": hold.appointment, "amount": "100.00", "currency": "USD"}
        return IdempotentRequest(hold.doctor, f"{PAYMENTS}create/", bearer(hold.patient, "patient"), body)

    async def capture(self) -> IdempotentRequest:
        """Have a payment made that was approved."""
        begun = await self.payment_client.approved()
        body = {"paymentId": begun.order, "PayerID": PAYER_ID}
        return IdempotentRequest(begun.doctor, f"{PAYMENTS}execute/", bearer(begun.patient, "patient"), body)

    async def giving_up(self) -> IdempotentRequest:
        """Give up a hold, and the payment that was begun."""
        begun = await self.payment_client.begin()
        return IdempotentRequest(
            begun.doctor, f"{PAYMENTS}cancel/", bearer(begun.patient, "patient"), {"paymentId": begun.order}
        )

    async def _full_doctor(self) -> tuple[int, int]:
        doctor = await make_doctor(self.owner, fee=0, max_appointments=1)
        patient, waiting = await make_patient(self.owner), await make_patient(self.owner)
        await book(self.owner, patient, doctor, a_slot())
        await self.owner.fetch("SELECT * FROM join_waitlist($1, $2, NULL)", waiting, doctor)
        return doctor, patient


def _other_time() -> str:
    return a_slot(after=timedelta(days=5)).isoformat()


IDEMPOTENT_REQUESTS: dict[str, Callable[[Practice], Awaitable[IdempotentRequest]]] = {
    "book_appointment": lambda p: p.booking(),
    "cancel_appointment": lambda p: p.change("patient", "cancel"),
    "reschedule_appointment": lambda p: p.change("patient", "reschedule", appointment_date=_other_time()),
    "doctor_cancel_appointment": lambda p: p.change("doctor", "doctor_cancel", reason="ill", block=True),
    "doctor_reschedule_appointment": lambda p: p.change(
        "doctor", "doctor_reschedule", appointment_date=_other_time(), block=True
    ),
    "doctor_bulk_cancel_appointments": lambda p: p.bulk_cancel(),
    "complete_appointment": lambda p: p.record("complete"),
    "mark_appointment_no_show": lambda p: p.record("no_show"),
    "join_waitlist": lambda p: p.waiting(),
    "pause_waitlist": lambda p: p.change_entry_status("pause"),
    "resume_waitlist": lambda p: p.change_entry_status("resume"),
    "accept_offer": lambda p: p.answer_offer("accept"),
    "decline_offer": lambda p: p.answer_offer("decline"),
    "add_time_off": lambda p: p.time_off(),
    "create_payment": lambda p: p.payment(),
    "execute_payment": lambda p: p.capture(),
    "cancel_payment": lambda p: p.giving_up(),
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


async def state(owner: asyncpg.Connection, act: IdempotentRequest) -> list[str]:
    """Return all that there is at the act's doctor's, without ids, so that two doctors can be compared."""
    return [row["thing"] for row in await owner.fetch(STATE, act.doctor)]


def new_key() -> str:
    """Return a key that was never used."""
    return str(uuid4())


def booking_request(patient: int, doctor: int, number: int = 0) -> IdempotentRequest:
    """Return a patient's request for one of a doctor's slots."""
    body = {"doctor": doctor, "appointment_date": a_slot(number).isoformat()}
    return IdempotentRequest(doctor, APPOINTMENTS, bearer(patient, "patient"), body)


async def bookings(owner: asyncpg.Connection, doctor: int) -> int:
    """Return how many appointments a doctor has had."""
    number: int = await owner.fetchval("SELECT count(*) FROM appointment WHERE doctor_id = $1", doctor)
    return number


async def receipts(owner: asyncpg.Connection, account: int) -> int:
    """Return how many receipts are kept of an account."""
    number: int = await owner.fetchval("SELECT count(*) FROM receipt WHERE account_id = $1", account)
    return number
