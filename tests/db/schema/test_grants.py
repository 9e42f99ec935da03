"""The grants in PostgreSQL's catalogs: each role has what it needs, and PUBLIC has nothing."""

from asyncpg import Connection

# The functions about payments that the app may call: they begin a payment or record what PayPal reports.
TO_PAY = """
    begin_capture claim_payment claim_refund create_payment end_payment finish_payment_check give_up_hold receive_webhook
    reconcile_payments record_capture record_decline record_order record_refund resume_capture
"""


# Columns that only triggers and functions write. No role except the owner may name them in an INSERT or UPDATE.
UNWRITABLE = {
    "account": "id email_verified_at pending_email status generation created_at",
    "doctor": "verified_at booking_seq",
    "patient": "booking_seq",
    "appointment": "id status:INSERT seat hold_expires_at cancel_deadline fee currency canceled_by version calendar_uid"
    " created_at updated_at doctor_id:UPDATE patient_id:UPDATE",
    "waitlist_entry": "id status:INSERT priority_class created_at",
    "payment": "id appointment_id amount currency status reference order_id approval_url payer_id capture_request_id"
    " capture_id hold_expires_at without_slot refund_total due_at created_at updated_at",
}
UNTOUCHED = "history offer refund notification scheduled_notification webhook_event receipt account_token refresh_token offer_token calendar_feed"


COLUMNS = """
    SELECT attrelid::regclass::text AS table, attname FROM pg_attribute
    WHERE attrelid = ANY ($1::text[]::regclass[]) AND attnum > 0 AND NOT attisdropped
"""
HOLDERS = """
    SELECT rolname FROM pg_roles
    WHERE rolname LIKE 'booking\\_%' AND rolname <> 'booking_owner' AND has_column_privilege(rolname, $1, $2, $3)
"""


async def test_columns_that_triggers_write_are_not_granted(owner: Connection) -> None:
    for table, columns in UNWRITABLE.items():
        for column, _, act in (name.partition(":") for name in columns.split()):
            for privilege in (act,) if act else ("INSERT", "UPDATE"):
                assert await holders(owner, table, column, privilege) == [], (table, column, privilege)


async def test_tables_that_functions_write_are_not_granted(owner: Connection) -> None:
    for table, column in await owner.fetch(COLUMNS, UNTOUCHED.split()):
        for privilege in ("INSERT", "UPDATE"):
            assert await holders(owner, table, column, privilege) == [], (table, column, privilege)


async def holders(db: Connection, table: str, column: str, privilege: str) -> list[str]:
    """Return the roles that may write a column, without the owner."""
    return [row["rolname"] for row in await db.fetch(HOLDERS, table, column, privilege)]


async def test_public_has_no_privileges(owner: Connection) -> None:
    granted = await owner.fetch("""
        SELECT p.oid::regprocedure::text AS name FROM pg_proc AS p
        WHERE p.pronamespace IN ('public'::regnamespace, 'admin'::regnamespace)
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
            AND has_function_privilege('public', p.oid, 'EXECUTE')
        UNION ALL
        SELECT c.oid::regclass::text FROM pg_class AS c
        WHERE c.relnamespace IN ('public'::regnamespace, 'admin'::regnamespace) AND c.relkind IN ('r', 'v', 'S')
            AND has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
        UNION ALL
        SELECT nspname FROM pg_namespace
        WHERE nspname IN ('public', 'admin') AND has_schema_privilege('public', oid, 'USAGE, CREATE')
        UNION ALL
        SELECT datname FROM pg_database
        WHERE datname = current_database() AND has_database_privilege('public', oid, 'CONNECT, CREATE, TEMP')
    """)
    assert [row["name"] for row in granted] == []


async def test_security_definer_functions_set_their_search_path(owner: Connection) -> None:
    loose = await owner.fetch("""
        SELECT oid::regprocedure::text AS name FROM pg_proc
        WHERE pronamespace IN ('public'::regnamespace, 'admin'::regnamespace) AND prosecdef
            AND NOT coalesce(proconfig && ARRAY['search_path=public, pg_temp', 'search_path=public, admin, pg_temp'], false)
    """)
    assert [row["name"] for row in loose] == []


async def test_every_trigger_sets_its_search_path(owner: Connection) -> None:
    """A trigger without its own search_path would read the writer's temporary tables."""
    loose = await owner.fetch("""
        SELECT DISTINCT p.oid::regprocedure::text AS name FROM pg_trigger AS t
        INNER JOIN pg_proc AS p ON p.oid = t.tgfoid
        WHERE NOT t.tgisinternal
            AND NOT coalesce('search_path=public, pg_temp' = ANY (p.proconfig), false)
    """)
    assert [row["name"] for row in loose] == []


async def test_everything_explains_itself(owner: Connection) -> None:
    silent = await owner.fetch("""
        SELECT c.oid::regclass::text AS name FROM pg_class AS c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')
            AND obj_description(c.oid, 'pg_class') IS NULL AND c.relname <> 'alembic_version'
        UNION ALL
        SELECT p.oid::regprocedure::text FROM pg_proc AS p
        WHERE p.pronamespace = 'public'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
        UNION ALL
        SELECT t.tgname FROM pg_trigger AS t
        WHERE NOT t.tgisinternal AND obj_description(t.oid, 'pg_trigger') IS NULL
    """)
    assert [row["name"] for row in silent] == []


async def test_the_app_reports_what_paypal_says_and_decides_nothing(owner: Connection) -> None:
    """The functions that act on it are not granted to the app."""
    rows = await owner.fetch("""
        SELECT proname, has_function_privilege('booking_app', oid, 'EXECUTE') AS for_app FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND provolatile = 'v' AND prorettype <> 'trigger'::regtype
            AND proname ~ '(payment|capture|refund|hold|order|decline$|webhook|look|paid|review|retake)'
    """)
    assert {row["proname"] for row in rows if row["for_app"]} == set(TO_PAY.split())
    assert {row["proname"] for row in rows if not row["for_app"]} >= {"confirm_paid", "retake_slot", "request_refund"}
