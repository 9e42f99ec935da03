"""A running worker keeps working after a later release has added columns to tables and views."""

from functools import partial

from tests.support.db.widened_schema import widen
from tests.support.factories import bearer, make_patient
from tests.support.http.bookings import cancel
from tests.support.mail.scenarios import MailScenario
from tests.support.paypal.payment_client import PaymentClient
from tests.support.servers.worker_process import WorkerProcess, eventually

MAILS = """
    SELECT kind, count(*) AS mails, max(attempts) AS attempts
    FROM notification
    WHERE id > $1
    GROUP BY kind
    ORDER BY kind
"""
OPEN_REFUNDS = "SELECT NOT EXISTS (SELECT FROM refund WHERE status <> 'completed')"


async def cancel_and_refund(payment_client: PaymentClient, scenario: MailScenario) -> list[tuple[str, int, int]]:
    """Pay, add a waitlist entry and cancel; return the mails sent in the meantime."""
    before = await scenario.owner.fetchval("SELECT coalesce(max(id), 0) FROM notification")
    paid = await payment_client.paid(await payment_client.hold(max_appointments=1))
    waiting = bearer(await make_patient(scenario.owner), "patient")
    joined = await payment_client.client.post(
        "/api/appointments/waitlist/", headers=waiting, json={"doctor": paid.doctor}
    )
    assert joined.status_code == 201, joined.text
    await scenario.settled()
    assert (await cancel(payment_client.client, paid.patient, paid.appointment)).status_code == 200
    await eventually(partial(scenario.owner.fetchval, OPEN_REFUNDS))
    await scenario.settled()
    return [tuple(row) for row in await scenario.owner.fetch(MAILS, before)]


async def test_mails_refunds_and_sweeps_go_on(
    payment_client: PaymentClient, scenario: MailScenario, payment_worker: WorkerProcess
) -> None:
    mails = await cancel_and_refund(payment_client, scenario)
    assert {"slot_offered", "refund_completed"} <= {kind for kind, _, _ in mails}
    sent = len(scenario.mailbox.messages)
    await widen(scenario.owner)
    assert await cancel_and_refund(payment_client, scenario) == mails
    assert len(scenario.mailbox.messages) == 2 * sent
    assert [line for line in payment_worker.log.splitlines() if " [error" in line or " [warning" in line] == []
