"""Compares PostgreSQL with PayPal's ledger: each invariant is a query for violations."""

import json
from typing import Any

from asyncpg import Connection

# $1 is PayPal's ledger, $2 the doctor.
KNOWN = """
    WITH visit AS (
        SELECT *, status IN ('confirmed', 'completed', 'no_show') AS takes_place FROM appointment WHERE doctor_id = $2
    ), paid AS (
        SELECT p.*, v.status AS visit_status, v.patient_id, v.takes_place AND NOT p.without_slot AS is_for_visit
        FROM payment AS p INNER JOIN visit AS v ON p.appointment_id = v.id
    ), reported AS (
        SELECT t.* FROM payment_attention AS t INNER JOIN visit AS v ON t.appointment_id = v.id
    ), capture AS (
        SELECT p.id AS payment_id, p.appointment_id, p.is_for_visit, c.id, c.status,
            (c.amount ->> 'value')::numeric AS amount, c.amount ->> 'currency_code' AS currency
        FROM jsonb_to_recordset($1::jsonb -> 'captures') AS c (id text, status text, custom_id text, amount jsonb)
        INNER JOIN paid AS p ON p.reference::text = c.custom_id
    ), taken AS (
        SELECT * FROM capture WHERE status IN ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')
    ), back AS (
        SELECT r.id, r.status, t.payment_id, t.id AS capture_id, (r.amount ->> 'value')::numeric AS amount,
            r.status IN ('COMPLETED', 'PENDING') AS goes_back
        FROM jsonb_to_recordset($1::jsonb -> 'refunds') AS r (id text, status text, capture_id text, amount jsonb)
        INNER JOIN taken AS t ON r.capture_id = t.id
    ), kept AS (
        SELECT t.*, t.amount - coalesce((SELECT sum(amount) FROM back WHERE capture_id = t.id AND goes_back), 0) AS rest
        FROM taken AS t
    ), mail AS (
        SELECT n.* FROM notification AS n INNER JOIN visit AS v ON n.appointment_id = v.id
    )
"""

AT_ALL_TIMES = {
    "an appointment is confirmed without its payment": """
        SELECT v.id, v.status FROM visit AS v
        WHERE v.takes_place AND v.fee > 0 AND v.id NOT IN (SELECT appointment_id FROM reported)
            AND v.fee <> (SELECT coalesce(sum(rest), 0) FROM kept WHERE appointment_id = v.id AND is_for_visit)""",
    "an appointment was paid twice": """
        SELECT appointment_id, string_agg(id, ' ') FROM kept WHERE rest > 0 AND is_for_visit
        GROUP BY appointment_id HAVING count(*) > 1""",
    "a payment has two captures": """
        SELECT payment_id, string_agg(id, ' ') FROM taken GROUP BY payment_id HAVING count(*) > 1""",
    "the captured amount is not the price": """
        SELECT p.id, t.amount::text FROM taken AS t INNER JOIN paid AS p ON t.payment_id = p.id
        WHERE (t.amount, t.currency) <> (p.amount, p.currency::text)""",
    "the slot is not held during the capture": """
        SELECT v.id, (v.hold_expires_at - p.updated_at)::text FROM paid AS p INNER JOIN visit AS v ON p.appointment_id = v.id
        WHERE p.status = 'capturing' AND v.status = 'pending'
            AND v.hold_expires_at < least(p.updated_at + interval '9 min', lower(v.during))""",
    "the slot is held for a capture that does not exist": """
        SELECT v.id, (v.hold_expires_at - v.created_at)::text FROM visit AS v, policy
        WHERE v.status = 'pending' AND v.hold_expires_at > v.created_at + make_interval(mins => hold_minutes)
            AND NOT EXISTS (SELECT FROM paid WHERE appointment_id = v.id AND status IN ('capturing', 'pending_review'))""",
    "no refund is requested of money without an appointment": """
        SELECT id, status FROM paid
        WHERE status IN ('captured', 'partially_refunded') AND NOT is_for_visit AND refund_total < amount
            AND NOT EXISTS (SELECT FROM refund WHERE payment_id = paid.id AND status = 'failed')""",
    "more was refunded than captured": """
        SELECT payment_id, rest::text FROM kept WHERE rest < 0""",
    "a payment has two orders": """
        SELECT p.id, string_agg(o.id, ' ')
        FROM jsonb_to_recordset($1::jsonb -> 'orders') AS o (id text, custom_id text)
        INNER JOIN paid AS p ON p.reference::text = o.custom_id
        GROUP BY p.id HAVING count(*) > 1""",
}

AT_REST = AT_ALL_TIMES | {
    "captured money without an appointment was not refunded": """
        SELECT payment_id, rest::text FROM kept
        WHERE rest > 0 AND NOT is_for_visit
            AND payment_id NOT IN (SELECT payment_id FROM reported WHERE payment_id IS NOT NULL)""",
    "a refund is partial, or its appointment takes place": """
        SELECT k.payment_id, k.rest::text FROM kept AS k WHERE k.rest < k.amount AND (k.rest <> 0 OR k.is_for_visit)""",
    "money was refunded twice": """
        SELECT payment_id, string_agg(id, ' ') FROM back WHERE goes_back GROUP BY payment_id HAVING count(*) > 1""",
    "a refund differs from that of PayPal": """
        SELECT coalesce(back.payment_id, r.payment_id), concat_ws(' ', back.status, r.status)
        FROM (SELECT r.* FROM refund AS r INNER JOIN paid AS p ON r.payment_id = p.id WHERE r.status <> 'failed') AS r
        FULL JOIN (SELECT * FROM back WHERE goes_back) AS back ON r.paypal_id = back.id
        WHERE (lower(back.status), back.amount, back.payment_id) IS DISTINCT FROM (r.status, r.amount, r.payment_id)""",
    "a payment is not finished": """
        SELECT id, status FROM paid
        WHERE status IN ('created', 'approved', 'capturing', 'pending_review') OR due_at IS NOT NULL""",
    "the status of a payment differs from that of PayPal": """
        SELECT p.id, p.status FROM paid AS p LEFT JOIN kept AS k ON p.id = k.payment_id
        WHERE p.status IS DISTINCT FROM CASE
            WHEN k.rest > 0 THEN 'captured' WHEN k.rest = 0 THEN 'refunded'
            WHEN p.status IN ('canceled', 'failed') THEN p.status END""",
    "no mail says that money is refunded for lack of a slot": """
        SELECT id, status FROM paid AS p
        WHERE without_slot AND NOT EXISTS (
            SELECT FROM mail
            WHERE kind = 'refund_requested' AND payment_id = p.id AND account_id = p.patient_id)""",
    "no mail says that money has been refunded": """
        SELECT p.id, r.status FROM refund AS r INNER JOIN paid AS p ON r.payment_id = p.id
        WHERE r.status = 'completed' AND NOT EXISTS (
            SELECT FROM mail
            WHERE kind = 'refund_completed' AND payment_id = p.id AND account_id = p.patient_id)""",
    "no mail says that an appointment was canceled": """
        SELECT v.id, v.canceled_by FROM visit AS v
        WHERE v.status = 'canceled' AND NOT EXISTS (
            SELECT FROM mail
            WHERE kind = 'appointment_canceled' AND v.id = ANY (mail.also || mail.appointment_id)
                AND account_id = v.patient_id)""",
    "no mail says that an approval came too late": """
        SELECT p.id, p.status FROM paid AS p
        INNER JOIN jsonb_to_recordset($1::jsonb -> 'orders') AS o (id text, status text)
            ON p.order_id = o.id AND o.status = 'APPROVED' -- it may have been withdrawn since
        WHERE p.status = 'canceled' AND payer_id IS NOT NULL AND visit_status = 'expired' AND NOT EXISTS (
            SELECT FROM mail WHERE kind = 'payment_too_late' AND payment_id = p.id AND account_id = p.patient_id)""",
    "an admin has to check a payment that is correct": """
        SELECT n.payment_id, n.why FROM reported AS n LEFT JOIN paid AS p ON n.payment_id = p.id
        WHERE NOT (
            n.why LIKE 'The refund has failed%'
                AND EXISTS (SELECT FROM kept WHERE payment_id = n.payment_id AND rest > 0 AND NOT is_for_visit)
            OR n.why ~ '^PayPal refused the (capture|order)' AND p.status = 'failed'
                AND NOT EXISTS (SELECT FROM taken WHERE payment_id = n.payment_id)
        )""",
}


Violation = tuple[str, int, str]


async def violations(db: Connection, ledger: Any, doctor: int, invariants: dict[str, str]) -> list[Violation]:
    """Return the violations: the invariant, the id of the row, and details."""
    queries = (f"SELECT '{name}', w.* FROM ({query}) AS w (id, what)" for name, query in invariants.items())
    rows = await db.fetch(f"{KNOWN} {' UNION ALL '.join(queries)}", json.dumps(ledger), doctor)
    return [tuple(row) for row in rows]
