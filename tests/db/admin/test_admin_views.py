"""The views of schema admin: contents, grants and comments."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from asyncpg import Connection

from tests.support.db.offers import full_doctor, waiting
from tests.support.db.payments import begun, by_root, captured, create, lapse
from tests.support.db.refusals import forbidden
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.servers.databases import Database, connected

OBJECTS = """
    SELECT c.relname AS name, 0 AS part, obj_description(c.oid, 'pg_class') AS says FROM pg_class AS c
    WHERE c.relnamespace = 'admin'::regnamespace
    UNION ALL
    SELECT c.relname || '.' || a.attname, a.attnum, col_description(c.oid, a.attnum)
    FROM pg_class AS c INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace = 'admin'::regnamespace
    UNION ALL
    SELECT p.proname, 0, obj_description(p.oid, 'pg_proc') FROM pg_proc AS p WHERE p.pronamespace = 'admin'::regnamespace
"""
VIEWS = "SELECT relname FROM pg_class WHERE relnamespace = 'admin'::regnamespace AND relkind = 'v'"
RIGHTS = """
    SELECT r.rolname, c.relname AS name FROM pg_roles AS r, pg_class AS c
    WHERE c.relnamespace = 'admin'::regnamespace AND r.rolname = ANY ($1) AND has_table_privilege(r.rolname, c.oid, $2)
"""
MAY_CALL = """
    SELECT r.rolname, p.proname AS name FROM pg_roles AS r, pg_proc AS p
    WHERE p.pronamespace = 'admin'::regnamespace AND r.rolname = ANY ($1)
        AND has_function_privilege(r.rolname, p.oid, 'EXECUTE')
"""
ROLES = ["booking_app", "booking_admin", "booking_auditor"]


async def test_everything_explains_itself(owner: Connection) -> None:
    silent = [row["name"] for row in await owner.fetch(OBJECTS) if not (row["says"] or "").endswith(".")]
    assert silent == []


async def test_it_is_for_admins_and_its_views_for_auditors(owner: Connection) -> None:
    readers = {(row["rolname"], row["name"]) for row in await owner.fetch(RIGHTS, ROLES, "SELECT")}
    views = {row["relname"] for row in await owner.fetch(VIEWS)}
    assert readers == {(role, view) for role in ROLES[1:] for view in views}
    assert await owner.fetch(RIGHTS, ROLES, "INSERT, UPDATE, DELETE, TRUNCATE") == []
    callers = {(row["rolname"], row["name"]) for row in await owner.fetch(MAY_CALL, ROLES)}
    assert {call for call in callers if call[0] != "booking_admin"} == {("booking_auditor", "verify_history")}
    loose = await owner.fetch("""
        SELECT proname FROM pg_proc WHERE pronamespace = 'admin'::regnamespace AND (
            has_function_privilege('public', oid, 'EXECUTE')
            OR prosecdef AND NOT coalesce('search_path=public, pg_temp' = ANY (proconfig), false)
        )
    """)
    assert loose == []


@pytest.mark.parametrize("role", ["admin", "auditor"])
async def test_every_view_can_be_read(database: Database, owner: Connection, role: str) -> None:
    """The functions in a view run with the reader's privileges."""
    await captured(owner, owner)
    async with connected(getattr(database, role)) as reader:
        for row in await reader.fetch(VIEWS):
            await reader.fetch(f"SELECT * FROM admin.{row['relname']}")


async def test_the_app_does_not_come_in(app: Connection) -> None:
    for statement in ("SELECT * FROM admin.day_sheet", "SELECT * FROM admin.cancel_appointment(1)"):
        with forbidden():
            await app.fetch(statement)


async def test_the_day_sheet_is_in_the_doctor_s_time(owner: Connection, app: Connection, admin: Connection) -> None:
    zone = ZoneInfo("Pacific/Auckland")
    doctor = await make_doctor(owner, timezone=zone.key)
    patient = await make_patient(owner, full_name="Ada", phone="555-1")
    start = a_slot()
    appointment = await book(app, patient, doctor, start)
    await create(app, patient, appointment)
    local = start.astimezone(zone)
    sheet = "SELECT * FROM admin.day_sheet WHERE doctor = $1 AND day = $2"
    (row,) = await admin.fetch(sheet, doctor, local.date())
    assert (row["starts"], row["ends"]) == (local.time(), (local + timedelta(minutes=30)).time())
    assert (row["patient_name"], row["patient_phone"], row["fee"]) == ("Ada", "555-1", "100.00 USD")
    assert (row["status"], row["payment"], row["starts_at"]) == ("pending", "created", start)
    await admin.fetch("SELECT * FROM admin.cancel_appointment($1, 'Moved away.')", appointment)
    (row,) = await admin.fetch(sheet, doctor, local.date())
    assert (row["status"], row["canceled_by"], row["cancel_reason"]) == ("canceled", "admin", "Moved away.")
    assert await admin.fetch(sheet, doctor, local.date() + timedelta(days=1)) == []


async def test_how_full_a_doctor_is(owner: Connection, admin: Connection) -> None:
    doctor, holder, (first, *_) = await full_doctor(owner, seats=3)
    load = "SELECT * FROM admin.doctor_load WHERE doctor = $1"
    (row,) = await admin.fetch(load, doctor)
    assert (row["load"], row["active"], row["cap"], row["next_free_slot"]) == ("3/3", 3, 3, None)
    await waiting(owner, doctor, 2)
    await owner.fetch("SELECT * FROM cancel_as_patient($1, $2)", holder, first)
    await owner.execute("UPDATE doctor SET fee = 5, max_appointments = 30 WHERE account_id = $1", doctor)
    held = await book(owner, holder, doctor, a_slot(40))
    (row,) = await admin.fetch(load, doctor)
    free = await owner.fetchval("SELECT min(starts_at) FROM free_slots($1, '-infinity', 'infinity')", doctor)
    assert row["next_free_slot"] == free is not None
    counts = "SELECT count(*) FROM appointment WHERE doctor_id = $1 AND status = $2"
    assert row["on_offer"] == await owner.fetchval(counts, doctor, "offered") > 0
    assert (row["holds"], row["waiting"], row["takes_bookings"]) == (1, 2, True)
    assert row["active"] == 2 + row["on_offer"] + 1
    assert await admin.fetchval("SELECT array_agg(appointment) FROM admin.holds WHERE patient = $1", holder) == [held]


async def test_the_waitlist_and_the_offers(database: Database, owner: Connection, admin: Connection) -> None:
    doctor, holder, (appointment,) = await full_doctor(owner)
    patients = await waiting(owner, doctor, 2)
    line = "SELECT patient, position, status FROM admin.waitlist WHERE doctor = $1"
    assert [tuple(row) for row in await admin.fetch(line, doctor)] == [
        (patients[0], 1, "waiting"),
        (patients[1], 2, "waiting"),
    ]
    await owner.fetch("SELECT * FROM cancel_as_patient($1, $2)", holder, appointment)
    offered = "SELECT patient, wave, status, starts_at FROM admin.offers WHERE doctor = $1"
    assert [tuple(row) for row in await admin.fetch(offered, doctor)] == [
        (patient, 1, "queued", a_slot()) for patient in patients
    ]
    assert {row["status"] for row in await admin.fetch(line, doctor)} == {"offered"}
    await by_root(database, "UPDATE offer SET expires_at = now() - interval '1 s'")
    assert await admin.fetch(offered, doctor) == []
    await owner.execute("UPDATE waitlist_entry SET status = 'left' WHERE patient_id = $1", patients[0])
    assert [row["patient"] for row in await admin.fetch(line, doctor)] == [patients[1]]


async def test_a_live_hold_is_shown_with_its_payment(
    database: Database, owner: Connection, app: Connection, admin: Connection
) -> None:
    paying = await begun(owner, app)
    order_id = await paying.order()
    holds = "SELECT * FROM admin.holds WHERE doctor = $1"
    (row,) = await admin.fetch(holds, paying.doctor)
    assert (row["payment"], row["payment_status"], row["paypal_order"]) == (paying.payment, "created", order_id)
    assert timedelta(minutes=14) < row["remaining"] <= timedelta(minutes=15)
    assert row["expires_at"] > datetime.now(UTC)
    await lapse(database, paying.appointment)
    assert await admin.fetch(holds, paying.doctor) == []


async def test_payments_attention_shows_the_details(owner: Connection, app: Connection, admin: Connection) -> None:
    paying = await captured(owner, app)
    await paying.record("REVERSED", amount=Decimal(100))
    look = "SELECT * FROM admin.payments_attention WHERE doctor = $1"
    (row,) = await admin.fetch(look, paying.doctor)
    assert row["why"].endswith("is REVERSED.")
    assert (row["amount"], row["refunds"], row["failed_refund"]) == ("100.00 USD", "0.00 USD", None)
    assert (row["patient"], row["appointment_status"]) == (paying.patient, "confirmed")
    assert row["paypal_capture"] == f"CAPTURE-{paying.payment}"
    await admin.execute("UPDATE payment SET attention = NULL WHERE id = $1", paying.payment)
    assert await admin.fetch(look, paying.doctor) == []
