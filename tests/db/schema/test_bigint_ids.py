"""Ids are bigint in columns, arguments, variables and casts, and every function works with ids beyond 32 bits.

A refused booking uses up an id, so a busy practice passes 2**31 within months. PostgreSQL does not check the types in a
function's body before it runs. So these tests search the catalogs for integers that are not known to be counts.
"""

import re
from datetime import timedelta

import pytest
import pytest_asyncio
from asyncpg import Connection

from tests.support.db.large_ids import FIRST, give_large_ids
from tests.support.db.offers import CANCEL, CLAIM, DECLINE, full_doctor, offers, statuses, waiting
from tests.support.db.payments import begun, captured, lapse
from tests.support.factories import (
    a_slot,
    book,
    make_booking,
    make_doctor,
    make_patient,
    make_patients,
    past_appointment,
)
from tests.support.servers.databases import Database

LEASE = timedelta(minutes=1)
# Names of arguments, results, variables and attributes of composite types that may be smaller than bigint.
NUMBERS = {
    *("active", "holds", "live_holds", "seats", "room", "places", "missing", "p_limit", "number", "version"),
    *("generation", "p_generation", "p_status", "status", "wave_", "p_wave"),
    *("start_minute", "end_minute", "slot_minutes", "buffer_minutes", "minutes", "p_notice_minutes", "weekday"),
    *("hold_minutes", "review_hours", "patient_hold_limit", "offer_first_wave", "offer_waves", "orphans"),
    *("reasons", "absences", "mails", "payers", "events", "codes", "links", "addresses"),
}
RETURN_NUMBERS = {
    *("active_appointments", "lowest_free_seat", "present_wave", "queue_scheduled_notifications", "reconcile_payments"),
    *("purge_codes", "purge_mails", "purge_payments", "purge_personal_data", "purge_reasons", "start_session"),
}
OURS = """
    p.pronamespace IN ('public'::regnamespace, 'admin'::regnamespace)
    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
SMALL = "('int2'::regtype, 'int4'::regtype)"
SMALL_ARRAYS = "('int2[]'::regtype, 'int4[]'::regtype)"
# Keys, foreign keys, columns with the name of an id, and all arrays, because all integer arrays contain ids.
SMALL_COLUMNS = f"""
    SELECT format('%s.%s', a.attrelid::regclass, a.attname)
    FROM pg_attribute AS a
    INNER JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace IN ('public'::regnamespace, 'admin'::regnamespace) AND c.relkind IN ('r', 'v', 'c')
        AND a.attnum > 0 AND NOT a.attisdropped
        AND (a.atttypid IN {SMALL_ARRAYS} OR a.atttypid IN {SMALL} AND (
            a.attname ~ '^(.*_)?(id|doctor|patient|account|appointment|payment|offer|entry|refund)$'
            OR EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND contype = 'f' AND a.attnum = ANY (conkey))
        ))
"""
SMALL_ARGUMENTS = f"""
    SELECT p.oid::regprocedure::text AS place, coalesce(u.name, '?') AS name
    FROM pg_proc AS p
    CROSS JOIN LATERAL unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames) AS u (type, name)
    WHERE {OURS} AND (u.type IN {SMALL} OR u.type IN {SMALL_ARRAYS})
    UNION ALL
    SELECT t.oid::regtype::text, a.attname
    FROM pg_type AS t
    INNER JOIN pg_class AS c ON c.oid = t.typrelid AND c.relkind = 'c'
    INNER JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND a.atttypid IN {SMALL}
"""
SMALL_RESULTS = f"""
    SELECT proname FROM pg_proc AS p WHERE {OURS} AND (prorettype IN {SMALL} OR prorettype IN {SMALL_ARRAYS})
"""
BODIES = f"SELECT p.oid::regprocedure::text AS name, p.prosrc AS text FROM pg_proc AS p WHERE {OURS}"
TYPE = r"(?:integer|int|int2|int4|smallint)\b"
DECLARED = re.compile(rf"\b(?P<name>\w+)\s+{TYPE}(?P<array>\[\])?")
CAST_TO_ARRAY = re.compile(rf"::\s*{TYPE}\[\]|\bARRAY\[\]::{TYPE}")
CAST = re.compile(rf"(?P<what>[\w.]+(?:::\w+)*|\((?:[^()]|\([^()]*\))*\))::\s*{TYPE}")
ID = re.compile(r"(?:\b|_)id\b|\b(?:p_)?(?:doctor|patient|account|appointment|payment|offer|entry|refund)\b")
ID_COLUMNS = """
    SELECT c.relname AS table, a.attname AS column, a.atttypid = 'int8[]'::regtype AS is_array
    FROM pg_attribute AS a
    INNER JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
        AND (a.atttypid = 'int8[]'::regtype OR a.atttypid = 'int8'::regtype AND a.attname ~ '(^|_)id$')
        AND a.attname <> 'transaction_id' -- PostgreSQL's own
    ORDER BY 1, 2
"""


@pytest_asyncio.fixture(scope="module", autouse=True)
async def _large_ids(database: Database) -> None:
    await give_large_ids(database.superuser)


def small_ids(body: str) -> list[str]:
    """Return the declarations and casts in a function's body that could store an id in a 32-bit integer."""
    text = re.sub(r"--[^\n]*", "", body)
    found = [match[0] for match in DECLARED.finditer(text) if match["array"] or match["name"] not in NUMBERS]
    found += [match[0] for match in CAST_TO_ARRAY.finditer(text)]
    return found + [match[0] for match in CAST.finditer(text) if ID.search(match["what"])]


async def test_no_column_of_ids_is_smaller(owner: Connection) -> None:
    assert [row[0] for row in await owner.fetch(SMALL_COLUMNS)] == []
    assert await owner.fetch("SELECT seqrelid::regclass FROM pg_sequence WHERE seqtypid <> 'int8'::regtype") == []


async def test_no_argument_or_result_that_is_an_id_is_smaller(owner: Connection) -> None:
    found = [tuple(row) for row in await owner.fetch(SMALL_ARGUMENTS)]
    assert [(place, name) for place, name in found if name not in NUMBERS] == []
    assert {row["proname"] for row in await owner.fetch(SMALL_RESULTS)} == RETURN_NUMBERS


async def test_no_variable_or_cast_of_an_id_is_smaller(owner: Connection) -> None:
    found = {row["name"]: small_ids(row["text"]) for row in await owner.fetch(BODIES)}
    assert len(found) > 100
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    "body",
    [
        "DECLARE new_id integer; BEGIN",
        "DECLARE ours int := (SELECT 1); BEGIN",
        "DECLARE chosen integer[]; BEGIN",
        "SELECT ARRAY[]::integer[]",
        "SELECT (changed ->> 'doctor_id')::integer",
        "SELECT NEW.id::integer",
        "SELECT NEW.id::text::integer",
        "SELECT * FROM jsonb_to_recordset($1) AS r (patient integer)",
    ],
)
def test_the_search_finds_integers(body: str) -> None:
    assert small_ids(body)


async def test_a_practice_works_with_large_ids(
    database: Database, owner: Connection, app: Connection, admin: Connection, root: Connection
) -> None:
    await offer_freed_slots(owner, app)
    await change_the_schedule(owner, app, root)
    await pay_and_refund(database, owner, app)
    await act_as_admin(owner, app, admin)
    await send_every_mail(owner, app)
    await export_and_erase(owner, app)
    assert await admin.fetch("SELECT * FROM admin.verify_history()") == []
    for column in await owner.fetch(ID_COLUMNS):
        table, name = column["table"], column["column"]
        ids = f"SELECT {'unnest' if column['is_array'] else ''}({name}) AS id FROM {table}"
        largest = await owner.fetchval(f"SELECT max(id) FROM ({ids}) AS t")
        assert largest is not None, f"nothing writes to {table}.{name}"
        assert largest >= FIRST, (table, name)


async def answers(db: Connection, wanted: object, query: str, *arguments: object) -> None:
    """Check the first value that a query returns."""
    assert await db.fetchval(f"SELECT {query}", *arguments) == wanted, query


async def offer_freed_slots(owner: Connection, app: Connection) -> None:
    """Wait, be offered a freed slot and receive the mail about it, then claim or decline."""
    doctor, holder, (visit,) = await full_doctor(owner)
    first, second, third = await waiting(owner, doctor, 3)
    rows = await owner.fetch("SELECT id FROM waitlist_entry WHERE doctor_id = $1 ORDER BY id", doctor)
    _, of_second, of_third = [row["id"] for row in rows]
    for call in ("pause_waitlist", "resume_waitlist"):
        await answers(app, of_second, f"id FROM {call}($1, $2)", second, of_second)
    await answers(app, of_third, "id FROM prefer_slots($1, $2, '00:00', '23:59', 0)", third, of_third)
    await app.fetch(CANCEL, holder, visit)
    offered = await offers(owner, doctor)
    assert set(offered) == {first, second, third}
    joined, mail = await owner.fetch("SELECT id FROM notification WHERE account_id = $1 ORDER BY id", first)
    await app.execute("SELECT notification_sent($1)", joined["id"])
    await answers(app, offered[first], "offer_id FROM claim_notification($1, $2, $3)", mail["id"], LEASE, b"offer")
    await answers(app, (offered[first], first), "(id, patient) FROM offer_by_token($1)", b"offer")
    assert (await app.fetch(DECLINE, third, offered[third]))[0]["id"] == offered[third]
    (claimed,) = await app.fetch(CLAIM, first, offered[first])
    assert (claimed["doctor"], claimed["patient"], claimed["status"]) == (doctor, first, "confirmed")
    assert await statuses(owner, doctor) == ["fulfilled", "waiting", "waiting"]
    await answers(app, of_second, "id FROM leave_waitlist($1, $2)", second, of_second)
    await app.execute("SELECT sweep_doctor($1), waitlist_is_due($1, now())", doctor)


async def change_the_schedule(owner: Connection, app: Connection, root: Connection) -> None:
    """Move and cancel appointments, as both sides, with time off."""
    doctor, (patient, other) = await make_doctor(owner, fee=0, specialty="large"), await make_patients(owner, 2)
    visits = [await book(app, patient, doctor, a_slot(number)) for number in range(5)]
    moved = "(id, doctor, patient) FROM reschedule_as_patient($1, $2, $3)"
    await answers(app, (visits[0], doctor, patient), moved, patient, visits[0], a_slot(10))
    await app.fetch("SELECT * FROM reschedule_as_doctor($1, $2, $3, true)", doctor, visits[1], a_slot(11))
    blocked = await owner.fetchval("SELECT id FROM time_off WHERE doctor_id = $1", doctor)
    await answers(app, blocked, "id FROM delete_time_off($1, $2)", doctor, blocked)
    off = f"(time_off_id >= {FIRST}, (affected[1]).id) FROM add_time_off($1, $2, $3, 'away', true)"
    await answers(app, (True, visits[2]), off, doctor, a_slot(2), a_slot(3))
    assert await app.fetchval("SELECT count(*) > 0 FROM explain_booking($1, $2, $3)", patient, doctor, a_slot(3))
    near = "count(*) FROM nearest_free_slots($1, $2, $3, $4, 5)"
    await answers(app, 5, near, patient, doctor, a_slot(3), visits[3])
    search = "DISTINCT doctor FROM search_free_slots('large', now(), 'infinity', 9, now(), $1)"
    await answers(app, doctor, search, doctor)
    weeks = '[{"weekday": 1, "start_minute": 0, "end_minute": 1440}]'
    await app.fetch("SELECT * FROM replace_working_hours($1, $2, true)", doctor, weeks)
    await app.fetch("SELECT * FROM change_practice($1, '{\"slot_minutes\": 20}', true)", doctor)
    for visit in await app.fetch("SELECT id FROM api_appointment WHERE doctor = $1 AND status = 'confirmed'", doctor):
        await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, 'ill', false)", doctor, visit["id"])
    busy = await make_doctor(owner, fee=0)
    both = [await book(app, other, busy, a_slot(20 + number)) for number in range(2)]
    await answers(app, both, "array_agg(id) FROM bulk_cancel($1, $2, NULL, 'ill', true, false)", busy, other)
    await answers(owner, both[1:], "also FROM notification WHERE batch IS NOT NULL AND account_id = $1", other)
    past = await past_appointment(root, doctor, other, status="confirmed")
    await answers(app, past, "id FROM record_visit($1, $2, 'completed')", doctor, past)


async def pay_and_refund(database: Database, owner: Connection, app: Connection) -> None:
    """Pay in time and after the hold has lapsed, be refunded, give a hold up, and replay a request."""
    paying = await captured(owner, app)
    assert await paying.state() == ("captured", "confirmed")
    begin = "payment_id FROM begin_receipt($1, 'payment', 'key', 'body')"
    await answers(app, None, begin, paying.patient)
    await app.execute("SELECT bind_receipt($1, 'payment', 'key', $2)", paying.patient, paying.payment)
    await answers(app, paying.payment, begin, paying.patient)
    await app.execute("SELECT receive_webhook('EVENT', 'captured', $1)", [f"CAPTURE-{paying.payment}"])
    await answers(owner, paying.payment, "payment_id FROM webhook_event")
    await answers(app, paying.payment, "id FROM claim_payment($1, $2)", paying.payment, LEASE)
    await app.execute("SELECT finish_payment_check($1, now())", paying.payment)
    await paying.cancel()
    refund = await paying.refund_id()
    assert await app.fetchval("SELECT reference IS NOT NULL FROM claim_refund($1, $2)", refund, LEASE)
    await app.execute("SELECT record_refund($1, 'REFUND', 'completed', NULL)", refund)
    assert await paying.state() == ("refunded", "canceled")
    late = await begun(owner, app)
    await lapse(database, late.appointment)
    await late.begin_capture()
    await late.record()
    assert await late.state() == ("captured", "confirmed")
    assert await late.value("appointment_id") > late.appointment
    given_up = await begun(owner, app)
    give_up = "payment_id FROM give_up_hold($1, $2)"
    await answers(app, given_up.payment, give_up, given_up.patient, await given_up.order())
    ended = await begun(owner, app)
    await app.execute("SELECT end_payment($1, 'REFUSED')", ended.payment)
    await answers(app, 0, "reconcile_payments()")


async def act_as_admin(owner: Connection, app: Connection, admin: Connection) -> None:
    """Use the functions and views of schema admin."""
    doctor, (patient, other) = await make_doctor(owner, fee=0), await make_patients(owner, 2)
    visits = [await book(app, patient, doctor, a_slot(30 + number)) for number in range(3)]
    broken = "rule FROM admin.explain_refusal($1, $2, $3) WHERE NOT ok"
    await answers(admin, "appointment_doctor_no_overlap", broken, doctor, other, a_slot(30))
    for view, column in (("day_sheet", "appointment"), ("activity", "object_id")):
        shown = f"SELECT array_agg({column}) @> $2 FROM admin.{view} WHERE doctor = $1"
        assert await admin.fetchval(shown, doctor, visits)
    assert await admin.fetchval("SELECT admin.verify_doctor($1) IS NOT NULL", doctor)
    await answers(admin, visits[0], "id FROM admin.reschedule_appointment($1, $2)", visits[0], a_slot(40))
    await answers(admin, visits[0], "id FROM admin.cancel_appointment($1, 'fire')", visits[0])
    await answers(admin, visits[1:], "array_agg(id) FROM admin.disable_account($1, 'why')", patient)
    await admin.execute("SELECT admin.enable_account($1)", patient)
    day = await owner.fetchval("SELECT lower(during)::date FROM appointment WHERE id = $1", visits[1])
    await answers(admin, visits[1], "id FROM admin.bulk_cancel($1, $2, 'fire')", doctor, day)


async def send_every_mail(owner: Connection, app: Connection) -> None:
    """Send every mail that is due, in order. One of them contains a code."""
    newcomer = await make_patient(owner)
    await app.execute("SELECT request_email_verification($1)", newcomer)
    due = await owner.fetch("SELECT id FROM notification WHERE status = 'queued' AND due_at <= now() ORDER BY id")
    sent = set()
    for number, (mail,) in enumerate(due):
        for message in await app.fetch("SELECT * FROM claim_notification($1, $2, $3)", mail, LEASE, b"%d" % number):
            await app.execute("SELECT notification_sent($1)", mail)
            sent.add(message["kind"])
    assert {"email_verification", "appointment_canceled", "appointment_confirmed", "refund_completed"} <= sent
    await answers(owner, newcomer, "account_id FROM account_token")


async def export_and_erase(owner: Connection, app: Connection) -> None:
    """Log in, subscribe to the calendar, export everything, and delete the accounts."""
    doctor, patient, visit = await make_booking(owner, app, a_slot(50), fee=0)
    await answers(app, 1, "start_session($1, '-', 'one')", patient)
    await answers(app, patient, "account_id FROM rotate_refresh_token('one', 'two')")
    await app.execute("SELECT open_calendar_feed($1, 'token')", patient)
    await answers(app, 1, "count(*) FROM calendar_feed_entries('token')")
    assert f'"id": {visit}' in await app.fetchval("SELECT export_account($1)::text", patient)
    acted = "account_id FROM history WHERE object_kind = 'appointment' AND object_id = $1"
    await answers(owner, patient, acted, visit)
    _, staying, _ = await make_booking(owner, app, a_slot(51))  # whose session, link and hold remain to the end
    await app.execute("SELECT start_session($1, '-', 'three')", staying)
    await app.execute("SELECT open_calendar_feed($1, 'another')", staying)
    for role, account in (("patient", patient), ("doctor", doctor)):
        assert await app.fetchval(f"SELECT erase_{role}($1, '-')", account)
    erased = "array_agg(status) FROM account WHERE id = ANY ($1)"
    await answers(owner, ["erased"] * 2, erased, [patient, doctor])
