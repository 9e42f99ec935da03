"""What follows when nothing more goes wrong: the waiting go on, PayPal decides, the worker looks, until all is at rest."""

from datetime import timedelta
from typing import NamedTuple

from tests.robustness.crashes.clinic import PAYMENTS, Known, Scene
from tests.robustness.crashes.reconciliation import AT_ALL_TIMES, AT_REST, Wrong, wrongs

ROUNDS = 12
LONG = timedelta(hours=7)  # PayPal's orders, and our payments, end after 6
UNFINISHED = f"""
    SELECT p.id, p.status FROM ({PAYMENTS}) AS p
    WHERE due_at IS NOT NULL
        OR EXISTS (SELECT FROM refund WHERE payment_id = p.id AND status IN ('requested', 'pending'))
"""


class Ending(NamedTuple):
    """How PayPal decides in the end, and whether the webhooks that are left still come."""

    is_captured: bool = True
    is_refunded: bool = True
    post_comes: bool = False


async def wrong_just_now(scene: Scene, known: Known) -> list[Wrong]:
    """Return what is wrong, which nothing that comes later could excuse."""
    return await wrongs(scene.stage.db, known.ledger, scene.doctor, AT_ALL_TIMES)


async def wrong_in_the_end(scene: Scene, ending: Ending) -> list[Wrong]:
    """Let everything come to its end; return what is wrong then."""
    await scene.stage.till.forget_faults()
    while scene.stage.crew.waiting:
        await scene.go_on(-1)
    if ending.post_comes:
        for number in reversed(range(len(await scene.stage.post.messages()))):
            await scene.deliver(number)
    for number in range(ROUNDS):
        await decide(scene, ending)
        await work(scene)
        if not (left := await scene.stage.db.fetch(UNFINISHED, scene.doctor)):
            return await wrongs(scene.stage.db, (await scene.look()).ledger, scene.doctor, AT_REST)
        if number == 1:
            await scene.age(LONG)
    return [(f"not over after {ROUNDS} rounds", *row) for row in left]


async def decide(scene: Scene, ending: Ending) -> None:
    """Let PayPal decide everything that it has not."""
    verdicts = {
        "captures": "COMPLETED" if ending.is_captured else "DECLINED",
        "refunds": "COMPLETED" if ending.is_refunded else "FAILED",
    }
    ledger = (await scene.look()).ledger
    for kind, status in verdicts.items():
        for thing in ledger[kind]:
            if thing["status"] == "PENDING":
                await scene.stage.till.post(f"/{kind}/{thing['id']}/decide", {"status": status})


async def work(scene: Scene) -> None:
    """Let the time of the next look come, and the worker do everything that it does then."""
    await scene.make_due()
    await scene.sweep()
    for payment in await scene.due():
        await scene.settle(payment)
    await scene.reconcile()
