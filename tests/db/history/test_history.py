"""The history tables record every change with its author, for every role."""

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.payments import captured, lapse
from tests.support.factories import a_slot, book, make_booking, make_doctor, make_patient
from tests.support.servers.databases import Database, connected

CHAIN = "SELECT * FROM history WHERE object_kind = $1 AND object_id = $2 ORDER BY number"
FINDINGS = "SELECT object_kind, object_id, number, finding FROM admin.verify_history()"
TRIGGERS = tuple(
    f"tg_{table}__history" for table in ("account", "appointment", "payment", "policy", "refund", "waitlist_entry")
)


async def chain(db: Connection, kind: str, id_: int) -> list[asyncpg.Record]:
    """Return an object's records, and check that their numbers have no gap."""
    records = await db.fetch(CHAIN, kind, id_)
    assert [record["number"] for record in records] == list(range(1, len(records) + 1))
    return list(records)


async def statuses(db: Connection, kind: str, id_: int) -> list[str]:
    """Return the statuses of an object, from its history."""
    rows = await db.fetch(CHAIN.replace("*", "becomes ->> 'status' AS status"), kind, id_)
    return [row["status"] for row in rows]


@pytest.mark.proves(*TRIGGERS)
async def test_everything_that_happens_is_recorded(owner: Connection, app: Connection) -> None:
    paying = await captured(owner, app)
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, 'I am ill.', false)", paying.doctor, paying.appointment)
    refund = await paying.refund_id()
    await app.execute("SELECT record_refund($1, 'R', 'completed', NULL)", refund)
    full = await make_doctor(owner, hours=())
    entry = await app.fetchval("SELECT id FROM join_waitlist($1, $2, NULL)", paying.patient, full)
    await app.fetch("SELECT * FROM leave_waitlist($1, $2)", paying.patient, entry)
    await owner.execute("UPDATE account SET status = 'disabled' WHERE id = $1", paying.patient)
    await owner.execute("UPDATE policy SET hold_minutes = 16")

    assert await statuses(owner, "appointment", paying.appointment) == ["pending", "confirmed", "canceled"]
    assert " ".join(await statuses(owner, "payment", paying.payment)) == "created approved capturing captured refunded"
    assert await statuses(owner, "refund", refund) == ["requested", "completed"]
    assert await statuses(owner, "waitlist_entry", entry) == ["waiting", "left"]
    assert await statuses(owner, "account", paying.patient) == ["active", "disabled"]
    policy = await chain(owner, "policy", 1)
    assert policy[0]["was"] is None
    assert policy[-1]["was"] == '{"hold_minutes": 15}'
    await owner.execute("DELETE FROM policy")
    await owner.execute("INSERT INTO policy (require_verified_doctor) VALUES (false)")
    assert (await chain(owner, "policy", 1))[-1]["was"] is None
    assert await owner.fetch(FINDINGS) == []


@pytest.mark.proves("tg_appointment__history")
async def test_a_record_says_who_did_it_and_how(owner: Connection, app: Connection, admin: Connection) -> None:
    paying = await captured(owner, app)
    move = "UPDATE appointment SET during = $2 WHERE id = $1"
    await admin.execute(move, paying.appointment, asyncpg.Range(a_slot(9), a_slot(10)))
    await app.fetch("SELECT * FROM cancel_as_patient($1, $2)", paying.patient, paying.appointment)
    records = await chain(owner, "appointment", paying.appointment)
    assert [(record["database_role"], record["acted_as"], record["account_id"]) for record in records] == [
        ("booking_app", "patient", paying.patient),
        ("booking_app", "payment", None),
        ("booking_admin", "admin", None),
        ("booking_app", "patient", paying.patient),
    ]
    pays = [(record["acted_as"], record["account_id"]) for record in await chain(owner, "payment", paying.payment)]
    assert pays == [("patient", paying.patient), *[("system", None)] * 3]
    (refund,) = await chain(owner, "refund", await paying.refund_id())
    assert refund["account_id"] == paying.patient
    assert refund["transaction_id"] == records[-1]["transaction_id"]  # one transaction wrote both


@pytest.mark.proves("tg_appointment__history")
async def test_an_expiry_has_no_author(database: Database, owner: Connection, app: Connection) -> None:
    """The next booking, by another patient, expires the lapsed hold."""
    doctor, _, hold = await make_booking(owner, app)
    another = await make_patient(owner)
    await lapse(database, hold)
    booked = await book(app, another, doctor, a_slot())
    last = (await chain(owner, "appointment", hold))[-1]
    assert (last["acted_as"], last["account_id"]) == ("system", None)
    assert '"expired"' in last["becomes"]
    (first,) = await chain(owner, "appointment", booked)
    assert (first["acted_as"], first["account_id"]) == ("patient", another)


async def test_free_text_is_not_recorded(owner: Connection) -> None:
    kept = await owner.fetch("""
        SELECT object_kind, array_agg(DISTINCT key ORDER BY key) AS keys
        FROM history, jsonb_object_keys(becomes) AS key WHERE object_kind <> 'policy' GROUP BY object_kind
    """)
    assert {row["object_kind"]: set(row["keys"]) for row in kept} == {
        "account": {"role", "status"},
        "appointment": {
            *("doctor", "patient", "appointment_date", "ends_at", "status"),
            *("hold_expires_at", "cancel_deadline", "canceled_by"),
        },
        "payment": {"appointment", "status", "without_slot", "needs_attention"},
        "refund": {"payment", "status"},
        "waitlist_entry": {"doctor", "patient", "desired_date", "status"},
    }
    doctor = await make_doctor(owner)
    await owner.execute("UPDATE account SET email = 'new@example.com', generation = 2 WHERE id = $1", doctor)
    assert len(await chain(owner, "account", doctor)) == 1


@pytest.mark.parametrize("isolation", ["read_committed", "repeatable_read", "serializable"])
async def test_a_chain_never_forks(database: Database, owner: Connection, isolation: Any) -> None:
    """Writers of one row wait for each other. One whose snapshot is then too old fails and records nothing."""
    account = await make_patient(owner)
    change = "UPDATE account SET status = CASE status WHEN 'active' THEN 'disabled' ELSE 'active' END WHERE id = $1"

    async def write() -> int:
        done = 0
        async with connected(database.owner) as db:
            for _ in range(10):
                with suppress(asyncpg.SerializationError):
                    async with db.transaction(isolation=isolation):
                        await db.execute(change, account)
                    done += 1
        return done

    done = await asyncio.gather(*(write() for _ in range(4)))
    assert len(await chain(owner, "account", account)) == 1 + sum(done)
    assert await owner.fetch(FINDINGS) == []


async def test_activity_says_it_in_words(owner: Connection, app: Connection, admin: Connection) -> None:
    paying = await captured(owner, app)
    await admin.execute("UPDATE appointment SET status = 'canceled' WHERE id = $1", paying.appointment)
    rows = await admin.fetch("SELECT who, what, changes FROM admin.activity WHERE patient = $1", paying.patient)
    appointment = f"appointment {paying.appointment}"
    assert [tuple(row) for row in rows if row["what"] == appointment][:2] == [
        ("booking_admin", appointment, "canceled_by: none -> admin, status: confirmed -> canceled"),
        ("payment", appointment, rows[2]["changes"]),
    ]
    assert "status: pending -> confirmed" in rows[2]["changes"]
    assert {row["what"].rpartition(" ")[0] for row in rows} == {"account", "appointment", "payment", "refund"}
    by_patient = {row["what"]: row["changes"] for row in rows if row["who"] == f"patient {paying.patient}"}
    assert by_patient[f"payment {paying.payment}"].endswith("status: created, without_slot: false")
    assert await admin.fetchval("SELECT what FROM admin.activity WHERE object_kind = 'policy' LIMIT 1") == "policy 1"
