"""Payments with a real worker beside the API: confirmed whoever comes first, and told to both parties once."""

import asyncio
from functools import partial

import asyncpg
import httpx
from redis.asyncio import Redis

from app.sandbox.mailbox.messages import Message
from app.sandbox.mailbox.server import Mailbox
from app.sandbox.paypal.server import PayPalStandIn
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.http.bookings import booked
from tests.support.mail.scenarios import address, is_settled
from tests.support.paypal.payment_client import Bill, Hold, Teller
from tests.support.servers.worker_process import WorkerProcess, eventually
from tests.workers.conftest import StartWorker


async def reaches(teller: Teller, bill: Bill, payment: str, appointment: str) -> None:
    """Wait until a payment and its appointment have come to these states."""

    async def has_come() -> bool:
        return await teller.statuses(bill) == (payment, appointment)

    await eventually(has_come)


async def letters_to(owner: asyncpg.Connection, mailbox: Mailbox, account: int) -> list[Message]:
    """Return the mails that somebody got, when all are sent."""
    await eventually(partial(is_settled, owner))
    to = await address(owner, account)
    return [letter for letter in mailbox.messages if letter.to == to]


async def assert_told_once(owner: asyncpg.Connection, mailbox: Mailbox, bill: Bill) -> None:
    """Check that each party got one mail, of the confirmation."""
    (to_patient,) = await letters_to(owner, mailbox, bill.patient)
    assert to_patient.subject.startswith("Confirmed: ")
    (to_doctor,) = await letters_to(owner, mailbox, bill.doctor)
    assert to_doctor.subject.startswith("Booked: ")


async def test_booked_paid_and_told(
    teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess
) -> None:
    doctor, patient = await make_doctor(owner, full_name="Dr. Ada"), await make_patient(owner)
    appointment = await booked(teller.client, patient, doctor, a_slot())
    bill = await teller.paid(Hold(doctor, patient, appointment))
    await teller.hears(bill, "PAYMENT.CAPTURE.COMPLETED")
    await assert_told_once(owner, mailbox, bill)
    (letter,) = await letters_to(owner, mailbox, patient)
    assert "Your appointment with Dr. Ada is confirmed." in letter.text
    (capture,) = await teller.captures(bill)
    assert f"Paid: 100.00 USD through PayPal, transaction {capture['id']}." in letter.text
    assert cashier.logged("server_unavailable") == []


async def test_payers_who_never_come_back(
    teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess
) -> None:
    by_webhook = await teller.approved()
    await teller.till.have("webhook", "withhold", times=3)
    by_look = await teller.approved(await teller.hold(1))
    await teller.time_passes(by_look)
    for bill in (by_webhook, by_look):
        await reaches(teller, bill, "captured", "confirmed")
        assert len(await teller.captures(bill)) == 1
        await assert_told_once(owner, mailbox, bill)
    assert cashier.logged("server_unavailable") == []


async def test_20_executions_with_webhooks_and_the_worker(
    teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess
) -> None:
    bills = [await teller.begin(await teller.hold(number)) for number in range(3)]
    await teller.till.have("webhook", "duplicate", times=6)
    await teller.till.have("capture_order", "slow_before", seconds=3)

    for bill in bills:
        await teller.time_passes(bill)

    async def crowd(bill: Bill) -> list[int]:
        await teller.till.approve(bill.order)
        return [answer.status_code for answer in await asyncio.gather(*(teller.execute(bill) for _ in range(20)))]

    assert await asyncio.gather(*map(crowd, bills)) == [[200] * 20] * 3
    for bill in bills:
        await teller.hears(bill, "PAYMENT.CAPTURE.COMPLETED")
        await assert_told_once(owner, mailbox, bill)
        assert await teller.statuses(bill) == ("captured", "confirmed")
        assert (await teller.appointment(bill))["version"] == 2
        assert len(await teller.captures(bill)) == 1
        assert await teller.refunds(bill) == []
        assert await teller.attention(bill) == []
    assert cashier.logged("server_unavailable") == []


async def test_reviews(teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess) -> None:
    ends = ("COMPLETED", "DECLINED")
    holds = [await teller.hold(number) for number in range(2)]
    until = [(await teller.appointment(hold))["hold_expires_at"] for hold in holds]
    bills = [await teller.approved(hold) for hold in holds]
    await teller.till.have("capture_order", "pending", times=2)
    for bill in bills:
        await teller.execute(bill)
        await reaches(teller, bill, "pending_review", "pending")
    for bill, end in zip(bills, ends, strict=True):
        (capture,) = await teller.captures(bill)
        await teller.till.post(f"/captures/{capture['id']}/decide", {"status": end})
    await reaches(teller, bills[0], "captured", "confirmed")
    await reaches(teller, bills[1], "failed", "pending")
    assert (await teller.appointment(bills[1]))["hold_expires_at"] == until[1]
    await assert_told_once(owner, mailbox, bills[0])
    assert await letters_to(owner, mailbox, bills[1].patient) == []
    assert cashier.logged("server_unavailable") == []


async def test_a_hold_that_is_given_up_is_offered_to_whoever_waits(
    teller: Teller, owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess
) -> None:
    bill = await teller.begin(await teller.hold(max_appointments=1))
    waiting = await make_patient(owner)
    entry = await app.fetchval("SELECT id FROM join_waitlist($1, $2, NULL)", waiting, bill.doctor)
    assert (await teller.give_up(bill)).status_code == 200
    joined, free = await letters_to(owner, mailbox, waiting)
    assert joined.subject.startswith("On the waitlist: ")
    assert (
        f"leave the waitlist there, which is DELETE http://localhost:8000/api/appointments/waitlist/{entry}/"
        in joined.text
    )
    assert free.subject.startswith("Free: a slot with ")
    (canceled,) = await letters_to(owner, mailbox, bill.patient)
    assert canceled.subject.startswith("Canceled: ")
    assert "refund" not in canceled.text
    assert cashier.logged("server_unavailable") == []


async def test_whoever_approves_too_late_is_told_that_nothing_was_charged(
    teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess
) -> None:
    bill = await teller.begin()
    await teller.lapse(bill)
    quicker = await make_patient(owner)
    await book(owner, quicker, bill.doctor, a_slot())
    await teller.till.approve(bill.order)
    await reaches(teller, bill, "canceled", "expired")
    (letter,) = await letters_to(owner, mailbox, bill.patient)
    assert letter.subject.startswith("Not booked: ")
    assert "Nothing was charged; the payment of 100.00 USD was not taken." in letter.text
    assert await teller.captures(bill) == []
    assert cashier.logged("server_unavailable") == []


async def test_a_worker_that_is_killed_while_it_takes_the_money_and_the_queue_with_it(
    teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess, redis: Redis
) -> None:
    await teller.till.have("capture_order", "slow_after", seconds=8)
    bill = await teller.approved()
    await eventually(partial(teller.captures, bill))
    await cashier.kill()
    await redis.delete(*await redis.keys("saq:*"))  # else the dead worker's job stands in the way for two minutes
    assert await teller.statuses(bill) == ("capturing", "pending")
    await cashier.start()
    await teller.time_passes(bill)
    await reaches(teller, bill, "captured", "confirmed")
    assert len(await teller.captures(bill)) == 1
    await assert_told_once(owner, mailbox, bill)


async def test_a_worker_without_an_account_leaves_payments_alone(
    teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    bill, paid = await teller.approved(), await teller.paid(await teller.hold(1))
    await owner.execute("UPDATE appointment SET status = 'canceled' WHERE id = $1", paid.appointment)
    await teller.time_passes(bill)
    worker = make_worker()
    await worker.start()
    assert len(await letters_to(owner, mailbox, paid.patient)) == 1  # it works
    await asyncio.sleep(6)  # longer than from one sweep to the next
    assert await teller.statuses(bill) == ("created", "pending")
    assert await teller.refunds(paid) == [("requested", "appointment_canceled")]
    assert worker.logged("server_unavailable") == []


async def test_no_secret_is_in_the_log(
    teller: Teller, cashier: WorkerProcess, stand_in: PayPalStandIn, api: httpx.AsyncClient
) -> None:
    del api
    await teller.till.have("get_order", "unauthorized")
    await teller.till.have("get_order", "error_before", times=6)
    await teller.till.have("capture_order", "garbage")
    bill = await teller.approved()
    await cashier.will_have_logged("paypal_no_answer")
    await teller.time_passes(bill)
    await reaches(teller, bill, "captured", "confirmed")
    assert await cashier.will_have_logged("payment_not_settled")
    for secret in (stand_in.client_secret, "A21AA", "Bearer", "Basic", "buyer@personal.example.com", bill.order):
        assert secret not in cashier.log
