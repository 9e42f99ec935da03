"""The constraints and unique indexes of the payment tables, with the rule triggers off."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from asyncpg import Connection

from tests.support.db.payments import begun, captured, without_slot
from tests.support.db.refusals import broken, refuses, undone
from tests.support.servers.databases import Database, connected

COPY = "INSERT INTO payment (appointment_id, amount, currency, {0}) SELECT appointment_id, amount, currency, {0} FROM payment"
REFUND = "INSERT INTO refund (payment_id, amount, reason, paypal_id) SELECT payment_id, amount, reason, paypal_id FROM refund"


@pytest_asyncio.fixture(scope="module")
async def money(database: Database) -> AsyncIterator[Connection]:
    """A connection to a database with payments and a refund, and without the triggers that apply rules.

    Payment 1 is captured, 2 is refunded, 3 and 4 belong to one appointment.
    """
    async with connected(database.owner) as db:
        await (await captured(db, db)).order()
        await without_slot(db, db)
        await db.execute("SELECT record_refund(1, 'REFUND', 'pending', NULL)")
        await (await begun(db, db)).another()
        await db.execute("SELECT receive_webhook('EVENT', 'ANY', '{ORDER-1}')")
        await db.execute("ALTER TABLE payment DISABLE TRIGGER USER; ALTER TABLE refund DISABLE TRIGGER USER")
        yield db


PAID, UNPAID = "UPDATE payment SET {} WHERE id = 1", "UPDATE payment SET {} WHERE id = 3"
BOTH = "UPDATE payment SET status = '{}', capture_id = 'C-' || id WHERE id IN (3, 4)"


@pytest.mark.parametrize(
    ("rule", "statements"),
    [
        broken("payment_status_valid", UNPAID, "status = 'lost'"),
        broken("payment_amount_valid", UNPAID, "amount = 0", "amount = -1"),
        broken("payment_appointment_id_fkey", PAID, "appointment_id = 0"),
        broken("payment_capture_known", "{}", PAID.format("capture_id = NULL"), UNPAID.format("status = 'captured'")),
        broken("payment_reference_unique", COPY.format("reference")),
        broken("payment_order_unique", COPY.format("order_id")),
        broken("payment_capture_unique", COPY.format("capture_id")),
        broken(
            "payment_refund_within_capture",
            "UPDATE payment SET {}",
            "refund_total = 100.01 WHERE id = 1",
            "refund_total = -0.01 WHERE id = 1",
            "refund_total = 0.01 WHERE id = 3",
            "status = 'failed' WHERE id = 2",
        ),
        broken(
            "payment_one_capture",
            BOTH,
            *("capturing", "pending_review", "captured", "partially_refunded", "refunded"),
        ),
        broken("refund_status_valid", "UPDATE refund SET status = 'lost'"),
        broken("refund_amount_valid", "UPDATE refund SET amount = {}", "0", "-1"),
        broken("refund_payment_id_fkey", "UPDATE refund SET payment_id = 0"),
        broken("refund_paypal_unique", REFUND),
        broken(
            "receipt_payment_id_fkey",
            "INSERT INTO receipt (account_id, route, key, fingerprint, payment_id) SELECT id, '', '', '', 0 FROM account",
        ),
        broken("webhook_event_payment_id_fkey", "UPDATE webhook_event SET payment_id = 0"),
        broken("notification_payment_id_fkey", "UPDATE notification SET payment_id = 0 WHERE id = 1"),
    ],
)
async def test_money(money: Connection, rule: str, statements: list[str]) -> None:
    await refuses(money, rule, statements)


async def test_a_refunded_capture_allows_another(money: Connection) -> None:
    async with undone(money):
        await money.execute(
            "UPDATE payment SET status = 'captured', capture_id = 'C-' || id, without_slot = id = 3 WHERE id > 2"
        )
