"""record_capture: each capture status of PayPal, for a payment in each status."""

from decimal import Decimal

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.payments import FEE, WAYS, capturing

PAID = ("captured", "confirmed")
DECLINED = ("DECLINED", "FAILED")
BACK = ("REFUNDED", "PARTIALLY_REFUNDED")
STATUSES = ("COMPLETED", "PENDING", *DECLINED, *BACK, "REVERSED")

# The statuses of payment and appointment before, and after COMPLETED, PENDING and DECLINED.
BECOMES = {
    "created": (("created", "pending"), PAID, ("pending_review", "pending"), ("created", "pending")),
    "approved": (("approved", "pending"), PAID, ("pending_review", "pending"), ("approved", "pending")),
    "capturing": (("capturing", "pending"), PAID, ("pending_review", "pending"), ("failed", "pending")),
    "pending_review": (("pending_review", "pending"), PAID, ("pending_review", "pending"), ("failed", "pending")),
    "captured": (PAID, PAID, PAID, PAID),
    "partially_refunded": (("partially_refunded", "confirmed"),) * 4,
    "refunded": (("refunded", "canceled"),) * 4,
    "canceled": (
        ("canceled", "canceled"),
        ("captured", "canceled"),
        ("pending_review", "canceled"),
        ("canceled", "canceled"),
    ),
    # PayPal took the money after all; the hold is still live
    "failed": (("failed", "pending"), PAID, ("pending_review", "pending"), ("failed", "pending")),
}
IS_THERE = ("captured", "partially_refunded", "refunded")


def expected(before: str, said: str) -> tuple[tuple[str, str], bool]:
    """Return the statuses of payment and appointment afterwards, and whether the payment needs attention."""
    stays, completed, pending, declined = BECOMES[before]
    if said == "COMPLETED":
        return completed, False
    if said == "PENDING":
        return pending, False
    if said in DECLINED:
        return declined, before in IS_THERE
    ours = said in BACK and before in {"partially_refunded", "refunded"}  # PayPal is asked about each refund
    return stays, not ours


@pytest.mark.parametrize("said", STATUSES)
@pytest.mark.parametrize("before", WAYS)
@pytest.mark.proves("payment_status_transition")
async def test_every_status_in_every_state(owner: Connection, app: Connection, before: str, said: str) -> None:
    """A repeated status has no further effect."""
    paying = await WAYS[before](owner, app)
    assert await paying.state() == BECOMES[before][0]
    becomes, needs_a_person = expected(before, said)
    mailed = refunded = None
    for _ in range(2):
        await paying.record(said)
        assert await paying.state() == becomes
        assert (await paying.attention() is not None) is needs_a_person
        mailed, mails_before = await paying.mails(), mailed
        refunded, refunds_before = await paying.refunds(), refunded
        assert mails_before in (None, mailed)
        assert refunds_before in (None, refunded)
    if (before, said) == ("canceled", "COMPLETED"):
        assert refunded == [(FEE, "slot_lost", "requested")]
        assert mailed == [("refund_requested", paying.patient)]


@pytest.mark.parametrize("said", ["COMPLETED", "PENDING", "REFUNDED"])
@pytest.mark.parametrize(
    ("amount", "currency"), [(Decimal("99.99"), "USD"), (Decimal("100.01"), "USD"), (FEE, "EUR"), (None, "USD")]
)
@pytest.mark.parametrize("before", ["created", "capturing", "canceled"])
@pytest.mark.proves("payment_amount_matches_fee")
async def test_another_amount_confirms_nothing(
    owner: Connection, app: Connection, before: str, said: str, amount: Decimal | None, currency: str
) -> None:
    paying = await WAYS[before](owner, app)
    await paying.record(said, amount=amount, currency=currency)
    assert await paying.state() == BECOMES[before][0]
    assert "PayPal captured" in await paying.attention()
    assert await paying.refunds() == []


async def test_a_decline_needs_no_amount(owner: Connection, app: Connection) -> None:
    paying = await capturing(owner, app)
    await paying.record("DECLINED", amount=None)
    assert await paying.state() == ("failed", "pending")
    assert await paying.attention() is None


async def test_a_confirmation_is_mailed_to_both(owner: Connection, app: Connection) -> None:
    paying = await WAYS["captured"](owner, app)
    mails = "SELECT kind, account_id FROM notification WHERE appointment_id = $1 ORDER BY id"
    assert [tuple(row) for row in await owner.fetch(mails, paying.appointment)] == [
        ("appointment_confirmed", paying.patient),
        ("appointment_confirmed", paying.doctor),
    ]
    assert await paying.hold_ends() is None
    assert await paying.value("capture_id, without_slot") == (f"CAPTURE-{paying.payment}", False)


async def test_a_payment_clears_attention(owner: Connection, app: Connection) -> None:
    paying = await capturing(owner, app)
    await paying.record(amount=Decimal(1))
    assert await paying.attention()
    await paying.record()
    assert await paying.attention() is None


@pytest.mark.proves("payment_capture_known")
async def test_a_capture_has_an_id(owner: Connection, app: Connection) -> None:
    paying = await capturing(owner, app)
    with pytest.raises(asyncpg.CheckViolationError, match="payment_capture_known"):
        await app.execute("SELECT record_capture($1, NULL, 'COMPLETED', 100, 'USD')", paying.payment)
    assert await paying.state() == ("capturing", "pending")
