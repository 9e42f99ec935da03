"""The end of a history without faults: waiting requests go on, PayPal decides, and the worker runs until all is done."""

from datetime import timedelta
from typing import NamedTuple

from tests.robustness.crashes.clinic import PAYMENTS, Clinic, ObservedState
from tests.robustness.crashes.reconciliation import AT_ALL_TIMES, AT_REST, Violation, violations

ROUNDS = 12
LONG = timedelta(hours=7)  # orders and payments end after 6
UNFINISHED = f"""
    SELECT p.id, p.status FROM ({PAYMENTS}) AS p
    WHERE due_at IS NOT NULL
        OR EXISTS (SELECT FROM refund WHERE payment_id = p.id AND status IN ('requested', 'pending'))
"""


class FinalOutcome(NamedTuple):
    """How PayPal decides in the end, and whether the remaining webhooks arrive."""

    is_captured: bool = True
    is_refunded: bool = True
    webhooks_arrive: bool = False


async def violations_now(clinic: Clinic, observed: ObservedState) -> list[Violation]:
    """Return the violations that no later action can excuse."""
    return await violations(clinic.harness.db, observed.ledger, clinic.doctor, AT_ALL_TIMES)


async def violations_after_recovery(clinic: Clinic, final_outcome: FinalOutcome) -> list[Violation]:
    """Let everything come to its end. Return the violations then."""
    await clinic.harness.fake_paypal.clear_faults()
    while clinic.harness.processes.waiting:
        await clinic.resume(-1)
    if final_outcome.webhooks_arrive:
        for number in reversed(range(len(await clinic.harness.webhook_queue.webhooks()))):
            await clinic.deliver(number)
    for number in range(ROUNDS):
        await decide(clinic, final_outcome)
        await work(clinic)
        if not (left := await clinic.harness.db.fetch(UNFINISHED, clinic.doctor)):
            return await violations(clinic.harness.db, (await clinic.observe()).ledger, clinic.doctor, AT_REST)
        if number == 1:
            await clinic.age(LONG)
    return [(f"not finished after {ROUNDS} rounds", *row) for row in left]


async def decide(clinic: Clinic, final_outcome: FinalOutcome) -> None:
    """Let PayPal decide every pending capture and refund."""
    verdicts = {
        "captures": "COMPLETED" if final_outcome.is_captured else "DECLINED",
        "refunds": "COMPLETED" if final_outcome.is_refunded else "FAILED",
    }
    ledger = (await clinic.observe()).ledger
    for kind, status in verdicts.items():
        for thing in ledger[kind]:
            if thing["status"] == "PENDING":
                await clinic.harness.fake_paypal.post(f"/{kind}/{thing['id']}/decide", {"status": status})


async def work(clinic: Clinic) -> None:
    """Make all payments due, and run every job of the worker."""
    await clinic.make_due()
    await clinic.sweep()
    for payment in await clinic.due():
        await clinic.settle(payment)
    await clinic.reconcile()
