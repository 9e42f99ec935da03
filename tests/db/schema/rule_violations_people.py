"""The violations of the rules about accounts, schedules, the waitlist, the outbox and the policy."""

from tests.db.schema.rule_violations import BY_RULE, RuleViolation, for_admin, for_app, for_neither_role

ACCOUNT = "INSERT INTO account (username, email, password_hash, role) VALUES ({}, {}, '-', {})"
DOCTOR = "INSERT INTO doctor (account_id, full_name, {}) VALUES ({{account}}, 'x', {})"
HOURS = "INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute) VALUES ({})"
TOKEN = "INSERT INTO account_token (token_hash, account_id, purpose, email, expires_at) VALUES ('', {}, {}, '', now())"
AWAY = "INSERT INTO time_off (doctor_id, during) VALUES ({}, {})"


NO_DOCTOR = "appointment_doctor_id_fkey"  # raised when the doctor is locked, before other rules are checked


def of_doctor(change: str) -> str:
    return f"UPDATE doctor SET {change} WHERE account_id = {{free}}"


PEOPLE = [
    for_app("account_username_unique", ACCOUNT.format("(SELECT upper(username) FROM account WHERE id = {free})", "'n@x.org'", "'patient'")),
    for_app("account_email_unique", ACCOUNT.format("'new'", "(SELECT upper(email) FROM account WHERE id = {free})", "'patient'")),
    for_app("account_username_valid", ACCOUNT.format("'a b'", "'n@x.org'", "'patient'")),
    for_app("account_email_valid", ACCOUNT.format("'new'", "'n'", "'patient'")),
    for_app("account_role_valid", ACCOUNT.format("'new'", "'n@x.org'", "'admin'")),
    for_app("account_erased_is_empty", ACCOUNT.format("NULL", "'n@x.org'", "'patient'")),
    for_neither_role("account_erased_is_empty", "UPDATE account SET status = 'erased' WHERE id = {free}"),
    for_neither_role("account_pending_email_valid", "UPDATE account SET pending_email = 'x' WHERE id = {free}"),
    for_neither_role("account_status_valid", "UPDATE account SET status = 'asleep' WHERE id = {free}"),
    for_neither_role("account_id_role_unique", "INSERT INTO account (id, username, email, password_hash, role) OVERRIDING SYSTEM VALUE VALUES ({free}, 'new', 'n@x.org', '-', 'doctor')", "account_pkey"),
    for_neither_role("account_token_account_id_fkey", TOKEN.format(0, "'password_reset'")),
    for_neither_role("account_token_purpose_valid", TOKEN.format("{free}", "'login'")),
    for_neither_role("refresh_token_account_id_fkey", "INSERT INTO refresh_token (token_hash, account_id, family, expires_at) VALUES ('', 0, gen_random_uuid(), now())"),
    for_neither_role("calendar_feed_account_id_fkey", "INSERT INTO calendar_feed (account_id, token_hash) VALUES (0, '')"),
    for_neither_role("calendar_feed_token_unique", "INSERT INTO calendar_feed (account_id, token_hash) SELECT id, '' FROM account LIMIT 2"),
    for_app("doctor_account_id_fkey", "INSERT INTO doctor (account_id, full_name) VALUES ({patient}, 'x')"),
    for_app("patient_account_id_fkey", "INSERT INTO patient (account_id, full_name) VALUES ({account}, 'x')"),
    for_app("patient_timezone_fkey", "INSERT INTO patient (account_id, full_name, timezone) VALUES ({person}, 'x', 'Mars')"),
    for_app("doctor_timezone_fkey", DOCTOR.format("timezone", "'Mars'")),
    for_admin("doctor_timezone_fkey", of_doctor("timezone = 'Mars'")),
    for_app("doctor_fee_allowed", DOCTOR.format("fee", 1_000_000)),
    for_admin("doctor_fee_allowed", of_doctor("currency = 'XXX'")),
    for_app("doctor_fee_valid", DOCTOR.format("fee", -1)),
    for_admin("doctor_fee_valid", of_doctor("fee = -1")),
    for_admin("doctor_fee_has_no_minor_unit", of_doctor("fee = 0.5, currency = 'JPY'")),
    for_admin("doctor_slot_minutes_valid", of_doctor("slot_minutes = 4")),
    for_admin("doctor_buffer_minutes_valid", of_doctor("buffer_minutes = 481")),
    for_admin("doctor_max_appointments_valid", of_doctor("max_appointments = 31")),
    for_app("doctor_experience_years_valid", DOCTOR.format("experience_years", 81)),
    for_admin("time_off_no_appointment", AWAY.format("{free}", "tstzrange({taken}, {taken} + interval '1 h')")),
    for_admin("time_off_during_valid", AWAY.format("{free}", "'[2030-01-01,)'")),
    for_admin("time_off_doctor_id_fkey", AWAY.format(0, "'[2030-01-01,2030-01-02)'"), NO_DOCTOR),
    for_admin("working_hours_cover_appointments", "DELETE FROM working_hours WHERE doctor_id = {free}"),
    RuleViolation("working_hours_no_overlap", HOURS.format("{free}, 1, 0, 60"), BY_RULE, BY_RULE),
    RuleViolation("working_hours_weekday_valid", HOURS.format("{free}, 8, 0, 60"), BY_RULE, BY_RULE),
    RuleViolation("working_hours_minutes_valid", HOURS.format("{full}, 1, 60, 60"), BY_RULE, BY_RULE),
    RuleViolation("working_hours_doctor_id_fkey", HOURS.format("0, 1, 0, 60"), BY_RULE, BY_RULE, NO_DOCTOR),
]  # fmt: skip

WAIT = "INSERT INTO waitlist_entry (doctor_id, patient_id, desired_date) VALUES ({}, {}, {})"


def entry(change: str) -> str:
    return f"UPDATE waitlist_entry SET {change} WHERE id = {{entry}}"


def message(change: str) -> str:
    return f"UPDATE notification SET {change} WHERE id = (SELECT min(id) FROM notification WHERE appointment_id IS NOT NULL)"


COMING = (
    "INSERT INTO scheduled_notification (appointment_id, kind, appointment_version, due_at) VALUES ({}, {}, 1, now())"
)

WAITING = [
    for_admin("waitlist_only_when_full", WAIT.format("{free}", "{other}", "NULL")),
    for_admin("waitlist_entry_unique", WAIT.format("{full}", "{patient}", "NULL")),
    for_admin("waitlist_desired_date_window", WAIT.format("{full}", "{other}", "current_date + 60")),
    for_admin("waitlist_entry_doctor_id_fkey", WAIT.format("{patient}", "{other}", "NULL"), NO_DOCTOR),
    for_admin("waitlist_entry_patient_id_fkey", WAIT.format("{full}", "{dear}", "NULL")),
    for_admin("waitlist_entry_status_transition", "; ".join((entry("status = 'left'"), entry("status = 'waiting'")))),
    for_admin("waitlist_entry_status_valid", entry("status = 'lost'"), meets="waitlist_entry_status_transition"),
    for_neither_role("waitlist_entry_immutable", entry("patient_id = {other}")),
    for_neither_role("waitlist_entry_immutable", entry("created_at = 'epoch'")),
    for_neither_role("waitlist_entry_priority_class_valid", entry("priority_class = 3"), "waitlist_entry_immutable"),
    for_neither_role("waitlist_entry_times_valid", entry("earliest_time = '10:01', latest_time = '10:00'")),
    for_neither_role("waitlist_entry_min_notice_minutes_valid", entry("min_notice_minutes = -1")),
    for_neither_role("offer_status_transition", "UPDATE offer SET status = 'lost'"),
    for_neither_role("offer_status_valid", "UPDATE offer SET status = 'lost'", "offer_status_transition"),
    for_neither_role("offer_immutable", "UPDATE offer SET expires_at = 'infinity'"),
    for_neither_role("offer_one_live", "INSERT INTO offer (appointment_id, waitlist_entry_id, wave, due_at, expires_at) SELECT appointment_id, waitlist_entry_id, 2, now(), now() FROM offer"),
    for_neither_role("offer_appointment_id_fkey", "UPDATE offer SET appointment_id = 0", "offer_immutable"),
    for_neither_role("offer_waitlist_entry_id_fkey", "UPDATE offer SET waitlist_entry_id = 0", "offer_immutable"),
    for_neither_role("offer_wave_valid", "UPDATE offer SET wave = 0", "offer_immutable"),
    for_neither_role("offer_token_offer_id_fkey", "INSERT INTO offer_token (token_hash, offer_id) VALUES ('', 0)"),
]  # fmt: skip

OUTBOX = [
    for_neither_role(*violation)
    for violation in (
        ("notification_kind_valid", message("kind = 'gossip'")),
        ("notification_status_valid", message("status = 'lost'")),
        ("notification_account_id_fkey", message("account_id = 0")),
        ("notification_appointment_id_fkey", message("appointment_id = 0")),
        ("notification_appointment_known", message("appointment_version = NULL")),
        ("notification_payment_id_fkey", message("payment_id = 0")),
        ("notification_offer_id_fkey", message("offer_id = 0")),
        ("notification_waitlist_entry_id_fkey", message("waitlist_entry_id = 0")),
        ("notification_once", "INSERT INTO notification (kind, account_id, appointment_id, appointment_version, offer_id, payment_id)"
         " SELECT kind, account_id, appointment_id, appointment_version, offer_id, payment_id FROM notification"),
        ("notification_batch", "INSERT INTO notification (kind, account_id, batch) SELECT 'password_changed', {free}, '00000000-0000-0000-0000-000000000000' FROM generate_series(1, 2)"),
        ("scheduled_notification_appointment_id_fkey", COMING.format(0, "'hold_lapsing'")),
        ("scheduled_notification_kind_valid", COMING.format("{visit}", "'gossip'")),
    )
]  # fmt: skip

POLICY = [
    for_neither_role("policy_one_row", "INSERT INTO policy (id) VALUES (false)"),
    *(
        for_admin(f"policy_{name}_valid", f"UPDATE policy SET {change}")
        for name, change in (
            ("default_currency", "default_currency = 'XXX'"),
            ("default_fee", "default_fee = -1"),
            ("hold_minutes", "hold_minutes = 0"),
            ("max_fee", "max_fee = 1000001"),
            ("offer_first_wave", "offer_first_wave = 0"),
            ("offer_min_notice", "offer_min_notice = '73 h'"),
            ("offer_waves", "offer_waves = 25"),
            ("patient_hold_limit", "patient_hold_limit = 31"),
            ("reminder_lead", "reminder_lead = '59 min'"),
            ("review_hours", "review_hours = 337"),
        )
    ),
]
