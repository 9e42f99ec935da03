"""Random histories of payments: money and slot stay consistent, and no unpaid appointment is confirmed.

A history is about a few slots of one doctor, and two patients. The app's role runs it, and may also pretend to be any
actor. PayPal behaves arbitrarily: a capture may enter any state, and any other after that.
"""

import os
from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg
from asyncpg import Connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.rules import refusal_of
from tests.robustness.model.model_postgres import Run
from tests.support.db.invariants import RECORD, broken
from tests.support.db.payments import FEE
from tests.support.factories import a_slot, make_doctor, make_patients
from tests.support.servers.databases import Database, execute

HISTORIES = int(os.environ.get("PAYMENT_STORIES", "40"))
APPOINTMENTS = "FROM appointment AS a WHERE a.doctor_id = {d}"
PAYMENTS = "FROM payment AS p INNER JOIN appointment AS a ON a.id = p.appointment_id WHERE a.doctor_id = {d}"
REFUNDS = "FROM refund AS r INNER JOIN payment AS p ON p.id = r.payment_id " + PAYMENTS[len("FROM payment AS p ") :]
# a row of the history, by a number
ONE_OF = "(SELECT {x}.id {rows} ORDER BY {x}.id OFFSET {n} % greatest(1, (SELECT count(*) {rows})) LIMIT 1)"
CAPTURES = ["COMPLETED", "PENDING", "DECLINED", "FAILED", "REFUNDED", "PARTIALLY_REFUNDED", "REVERSED"]

# The steps: {n} is a number from 0 to 3, {p} a patient, {d} the doctor, {s} a slot, {a}, {m} and {r} an appointment, a
# payment and a refund.
STEPS = {
    "book": "SELECT FROM book({p}, {d}, '{s}')",
    "create": "SELECT FROM create_payment({p}, {a}, 100, 'USD')",
    "order": "SELECT FROM record_order({m}, 'ORDER-' || {m}, 'https://example.com/')",
    "begin": "SELECT b.* FROM payment AS p, begin_capture({m}, 'PAYER', 100, 'USD', p.reference::text) AS b WHERE p.id = {m}",
    "resume": "SELECT FROM resume_capture({m})",
    "decline": "SELECT record_decline({m}, capture_request_id, NULL) FROM payment WHERE id = {m}",
    "end": "SELECT end_payment({m}, 'refused')",
    "give up": "SELECT FROM give_up_hold({p}, 'ORDER-' || {m})",
    "look": "SELECT finish_payment_check(id, due_at) FROM claim_payment({m}, '1 min')",
    "news": "SELECT receive_webhook('EVENT-' || clock_timestamp(), 'ANY', ARRAY['ORDER-' || {m}])",
    "pay back": "SELECT FROM claim_refund({r}, '1 min')",
    "paid back": "SELECT record_refund({r}, 'REFUND-' || {r}, 'completed', NULL)",
    "not paid back": "SELECT record_refund({r}, 'REFUND-' || {r}, 'failed', 'refused')",
    "cancel": "SELECT FROM cancel_as_patient({p}, {a})",
    "doctor_cancel": "SELECT FROM cancel_as_doctor({d}, {a}, NULL, false)",
    "bulk_cancel": "SELECT FROM bulk_cancel({d}, NULL, NULL, NULL, false, false)",
    "move": "SELECT FROM reschedule_as_patient({p}, {a}, '{s}')",
    "doctor_move": "SELECT FROM reschedule_as_doctor({d}, {a}, '{s}', false)",
    "sweep": "SELECT sweep_doctor({d})",
    "reconcile": "SELECT reconcile_payments()",
    "dearer": """SELECT FROM change_practice({d}, '{{"fee": 150}}', false)""",
    "as cheap as before": """SELECT FROM change_practice({d}, '{{"fee": 100}}', false)""",
    "pretend": "SELECT set_config('booking.actor', 'payment', false)",
} | {
    f"capture {status}": f"SELECT record_capture({{m}}, 'CAPTURE-' || {{m}}, '{status}', 100, 'USD')"
    for status in CAPTURES
}
# Steps that stand for time that passes, or for rows of an earlier time. They run without triggers.
TIMES = {
    "holds lapse": "UPDATE appointment SET hold_expires_at = clock_timestamp() - interval '1 s' WHERE doctor_id = {d} AND status = 'pending' AND hold_expires_at > clock_timestamp()",
    "payments age": "UPDATE payment SET due_at = now(), created_at = now() - interval '7 h' WHERE id = {m} AND due_at IS NOT NULL",
    "another payment": "INSERT INTO payment (appointment_id, amount, currency, due_at) SELECT id, fee, currency, now() FROM appointment WHERE id = {a} AND status = 'pending'",
}
BEGINS = [("book", 0, 0, 0), ("create", 0, 0, 0)]
LIKELY = ("book", "create", "begin", "begin", "resume", "capture PENDING", "capture COMPLETED", "holds lapse", "sweep")
STEP = st.tuples(
    st.sampled_from([*STEPS, *TIMES, *LIKELY, *LIKELY]), st.integers(0, 3), st.integers(0, 1), st.integers(0, 1)
)
Step = tuple[str, int, int, int]


class Cast(NamedTuple):
    """The people of a history, and the connections that run it."""

    app: Connection
    root: Connection  # without triggers
    doctor: int
    patients: list[int]
    start: datetime

    def statement(self, step: Step) -> str:
        name, number, patient, slot = step
        a, m, r = (
            ONE_OF.format(x=x, n=number, rows=rows.format(d=self.doctor))
            for x, rows in (("a", APPOINTMENTS), ("p", PAYMENTS), ("r", REFUNDS))
        )
        start = self.start + slot * timedelta(minutes=30)
        return (STEPS | TIMES)[name].format(d=self.doctor, p=self.patients[patient], s=start, a=a, m=m, r=r)


async def run_step(cast: Cast, step: Step) -> None:
    connection = cast.root if step[0] in TIMES else cast.app
    try:
        await connection.execute(cast.statement(step))
    except asyncpg.IntegrityConstraintViolationError as error:
        if refusal_of(error) is None:  # not a rule, or a rule that no request of a client should break
            raise


async def run_history(cast: Cast, steps: list[Step]) -> None:
    """Run a history, and check the invariants after each step."""
    for step in (*BEGINS, *steps):
        await run_step(cast, step)
        assert await broken(cast.root, [cast.doctor]) == [], step
    if not any(step[0] == "capture COMPLETED" for step in steps):
        confirmed = "SELECT count(*) FROM appointment WHERE doctor_id = $1 AND status = 'confirmed'"
        assert await cast.root.fetchval(confirmed, cast.doctor) == 0


def test_money_and_slot_stay_consistent(database: Database, owner: Connection, app: Connection, run_async: Run) -> None:
    run_async(execute(database.superuser, RECORD))
    no_triggers = {"session_replication_role": "replica"}
    root = run_async(asyncpg.connect(database.superuser, server_settings=no_triggers))

    async def play(steps: list[Step]) -> None:
        await app.execute("SELECT set_config('booking.actor', '', false)")
        cast = Cast(app, root, await make_doctor(owner, fee=FEE), await make_patients(owner, 2), a_slot())
        await run_history(cast, steps)

    @settings(
        max_examples=HISTORIES,
        derandomize="CI" in os.environ,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(STEP, min_size=8, max_size=25))
    def run_histories(steps: list[Step]) -> None:
        run_async(play(steps))

    run_histories()
    run_async(root.close())
