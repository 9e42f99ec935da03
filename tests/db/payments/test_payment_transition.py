"""payment_status_transition, payment_immutable: the allowed changes of a payment."""

import pytest
from asyncpg import Connection

from tests.support.db.payments import WAYS, begun, captured, lapse, without_slot
from tests.support.db.refusals import refused, verdict
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.servers.databases import Database

STATUSES = list(WAYS)
INSERT = "INSERT INTO payment (appointment_id, amount, currency, status, capture_id) VALUES ($1, 100, 'USD', $2, 'X')"
FOLLOW = "UPDATE payment SET appointment_id = $2 WHERE id = $1"
TAKEN = {"pending_review", "captured"}  # a fact reported by PayPal, for any earlier status
LEGAL = {
    None: {"created"},
    "created": {"created", "approved", "canceled", "failed"} | TAKEN,
    "approved": {"approved", "capturing", "canceled", "failed"} | TAKEN,
    "capturing": {"capturing", "created", "failed"} | TAKEN,
    "pending_review": {"pending_review", "failed", "captured"},
    "captured": {"captured", "partially_refunded", "refunded"},
    "partially_refunded": {"partially_refunded", "refunded"},
    "refunded": {"refunded"},
    "canceled": {"canceled"} | TAKEN,
    "failed": {"failed"} | TAKEN,
}


@pytest.mark.proves("payment_status_transition")
async def test_every_transition(owner: Connection) -> None:
    for old, allowed in LEGAL.items():
        for new in STATUSES:
            why = await owner.fetchval("SELECT payment_status_transition($1, $2)", old, new)
            assert (why is None) is (new in allowed), (old, new, why)


@pytest.mark.parametrize("old", STATUSES)
@pytest.mark.proves("payment_status_transition", "tg_payment__rules")
async def test_every_transition_at_psql(owner: Connection, app: Connection, old: str) -> None:
    """Another rule may refuse an allowed change; this rule alone refuses a forbidden one."""
    payment = (await WAYS[old](owner, app)).payment
    change = "UPDATE payment SET status = $2, capture_id = coalesce(capture_id, 'NEW-' || id) WHERE id = $1"
    for new in STATUSES:
        rule = await verdict(owner, change, payment, new)
        assert (rule == "payment_status_transition") is (new not in LEGAL[old]), (new, rule)


@pytest.mark.parametrize("first", STATUSES[1:])
@pytest.mark.proves("payment_status_transition", "tg_payment__rules")
async def test_a_payment_begins_as_created(owner: Connection, app: Connection, first: str) -> None:
    paying = await begun(owner, app)
    with refused("payment_status_transition"):
        await owner.execute(INSERT, paying.appointment, first)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", "DEFAULT"),
        ("appointment_id", "{other}"),
        ("amount", "1"),
        ("currency", "'EUR'"),
        ("reference", "gen_random_uuid()"),
        ("order_id", "'ANOTHER'"),
        ("order_id", "NULL"),
        ("capture_id", "'ANOTHER'"),
        ("capture_id", "NULL"),
        ("created_at", "now() - interval '1 day'"),
        ("updated_at", "now() - interval '1 day'"),
        ("refund_total", "50"),
        ("without_slot", "true"),
    ],
)
@pytest.mark.proves("payment_immutable", "tg_payment__rules")
async def test_the_columns_of_a_payment_never_change(
    owner: Connection, app: Connection, column: str, value: str
) -> None:
    paying = await captured(owner, app)
    await owner.execute("UPDATE payment SET order_id = 'THE-ORDER-' || id WHERE id = $1", paying.payment)
    other = await book(app, paying.patient, paying.doctor, a_slot(4))
    with refused("payment_immutable"):
        await owner.execute(f"UPDATE payment SET {column} = {value.format(other=other)} WHERE id = $1", paying.payment)


@pytest.mark.proves("payment_immutable")
async def test_a_refunded_payment_stays_without_slot(owner: Connection, app: Connection) -> None:
    paying = await without_slot(owner, app)
    for change in ("without_slot = false", "refund_total = 0"):
        with refused("payment_immutable"):
            await owner.execute(f"UPDATE payment SET {change} WHERE id = $1", paying.payment)


@pytest.mark.proves("payment_immutable")
async def test_a_payment_follows_its_slot_and_nothing_else(owner: Connection, app: Connection) -> None:
    """Not to the same time while the first hold is live, nor to another time."""
    paying = await begun(owner, app)
    other = await book(app, paying.patient, paying.doctor, a_slot(1))
    second = await paying._replace(appointment=other).another()
    for payment, appointment in ((paying.payment, other), (second.payment, paying.appointment)):
        with refused("payment_immutable"):
            await owner.execute(FOLLOW, payment, appointment)
    assert await paying.value("appointment_id") == paying.appointment


@pytest.mark.proves("payment_immutable")
async def test_a_payment_does_not_move_to_another_slot(database: Database, owner: Connection, app: Connection) -> None:
    """Nor to the patient's own appointment with another doctor or at another time."""
    paying = await begun(owner, app)
    await lapse(database, paying.appointment)
    await app.execute("SELECT sweep_doctor($1)", paying.doctor)
    others = [
        await book(app, await make_patient(owner), paying.doctor, a_slot()),
        await book(app, paying.patient, await make_doctor(owner), a_slot()),
        await book(app, paying.patient, paying.doctor, a_slot(2)),
    ]
    for other in others:
        with refused("payment_immutable"):
            await owner.execute(FOLLOW, paying.payment, other)


@pytest.mark.proves("payment_immutable")
async def test_a_payment_does_not_leave_a_canceled_appointment(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    await paying.cancel()
    again = await book(app, paying.patient, paying.doctor, a_slot())
    with refused("payment_immutable"):
        await owner.execute(FOLLOW, paying.payment, again)


@pytest.mark.proves("payment_immutable")
async def test_only_money_that_is_there_can_be_without_slot(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    with refused("payment_immutable"):
        await owner.execute("UPDATE payment SET without_slot = true WHERE id = $1", paying.payment)
