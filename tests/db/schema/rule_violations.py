"""For each rule, statements that would break it, and what stops each role.

`{names}` are those of the scene in test_rule_violations.py. Without a grant, PostgreSQL refuses a statement before it
checks any rule (42501). The owner, and roles with the grant, are refused by the rule.
"""

from typing import NamedTuple

BY_RULE, BY_GRANT = "the rule's name", "42501"


class RuleViolation(NamedTuple):
    """A statement that would break a rule, and what stops it."""

    rule: str
    statement: str
    app: str = BY_GRANT
    admin: str = BY_GRANT
    meets: str = ""  # the rule that refuses the statement before this one, with all triggers on

    @property
    def name(self) -> str:
        """The constraint's name that is reported."""
        return self.meets or self.rule


def for_app(rule: str, statement: str, meets: str = "") -> RuleViolation:
    """Make a violation for which booking_app has the grants, and booking_admin has not."""
    return RuleViolation(rule, statement, app=BY_RULE, meets=meets)


def for_admin(rule: str, statement: str, meets: str = "") -> RuleViolation:
    """Make a violation for which booking_admin has the grants, and booking_app has not."""
    return RuleViolation(rule, statement, admin=BY_RULE, meets=meets)


def for_neither_role(rule: str, statement: str, meets: str = "") -> RuleViolation:
    """Make a violation for which neither role has the grants."""
    return RuleViolation(rule, statement, meets=meets)


BOOK = "INSERT INTO appointment (doctor_id, patient_id, during) VALUES ({}, {}, tstzrange({}, {} + interval '30 min'))"


def book(doctor: str, patient: str = "{patient}", start: str = "{soon}") -> str:
    return BOOK.format(doctor, patient, start, start)


def visit(change: str) -> str:
    return f"UPDATE appointment SET {change} WHERE id = {{visit}}"


def hold(change: str) -> str:
    return f"UPDATE appointment SET {change} WHERE id = {{hold}}"


APPOINTMENTS = [
    for_admin("appointment_doctor_verified", f"UPDATE policy SET require_verified_doctor = true; {book('{free}')}"),
    for_admin("appointment_doctor_no_overlap", book("{free}", "{other}", "{taken}")),
    for_admin("appointment_doctor_no_overlap", book("{free}", "{other}", "{taken} + interval '10 min'"),
              meets="appointment_within_working_hours"),
    for_admin("appointment_patient_no_overlap", book("{dear}", "{patient}", "{taken}")),
    for_admin("appointment_doctor_cap", book("{closed}")),
    for_neither_role("appointment_doctor_cap", visit("seat = 31"), meets="appointment_immutable"),
    for_neither_role("appointment_doctor_seat", visit("seat = 7"), meets="appointment_immutable"),
    for_admin("appointment_patient_hold_limit", book("{dear}", "{holder}")),
    for_admin("appointment_booking_window", book("{free}", start="{taken} - interval '30 days'")),
    for_admin("appointment_booking_window", book("{free}", start="{taken} + interval '30 days'")),
    for_admin("appointment_booking_window", visit("during = tstzrange({taken} + '30 days', {taken} + '30 days 30 min')")),
    for_admin("appointment_within_working_hours", book("{full}")),
    # the notice does not bind admins, and patients cancel only through this function
    for_app("appointment_cancel_notice", "SELECT * FROM cancel_as_patient({other}, {near})"),
    for_admin("appointment_status_transition", visit("status = 'pending'")),
    for_admin("appointment_status_transition", visit("status = 'completed'")),
    for_admin("appointment_status_transition", "UPDATE appointment SET status = 'confirmed' WHERE id = {canceled}"),
    for_admin("appointment_status_transition", "UPDATE appointment SET cancel_reason = 'x' WHERE id = {canceled}"),
    for_neither_role("appointment_immutable", visit("doctor_id = {dear}")),
    for_neither_role("appointment_immutable", visit("patient_id = {other}")),
    for_neither_role("appointment_immutable", visit("seat = 2")),
    for_neither_role("appointment_immutable", visit("fee = 1")),
    for_neither_role("appointment_immutable", visit("currency = 'EUR'")),
    for_neither_role("appointment_immutable", visit("cancel_deadline = 'infinity'")),
    for_neither_role("appointment_immutable", visit("version = 7")),
    for_neither_role("appointment_immutable", visit("created_at = 'epoch'")),
    for_neither_role("appointment_immutable", hold("hold_expires_at = 'infinity'")),
    for_admin("appointment_confirmed_is_paid", hold("status = 'confirmed'")),
    for_admin("appointment_doctor_id_fkey", book("{patient}")),
    for_admin("appointment_patient_id_fkey", book("{free}", "{dear}")),
    for_neither_role("appointment_canceled_by_valid", visit("canceled_by = 'doctor'"), meets="appointment_immutable"),
    for_admin("appointment_during_valid", visit("during = 'empty'"), meets="appointment_within_working_hours"),
    for_neither_role("appointment_hold_has_end", hold("hold_expires_at = NULL"), meets="appointment_immutable"),
    for_neither_role("appointment_patient_iff_claimed", hold("patient_id = NULL"), meets="appointment_immutable"),
    for_neither_role("appointment_seat_iff_active", visit("seat = NULL"), meets="appointment_immutable"),
    for_admin("appointment_status_valid", visit("status = 'lost'"), meets="appointment_status_transition"),
]  # fmt: skip

PAY = "INSERT INTO payment (appointment_id, amount, currency) VALUES ({}, {}, 'USD')"


def paid(change: str) -> str:
    return f"UPDATE payment SET {change} WHERE id = {{paid}}"


REFUND = "INSERT INTO refund (payment_id, amount, reason) VALUES ({}, {}, 'x')"

# Only functions write to the payment tables.
MONEY = [
    for_neither_role(*violation)
    for violation in (
        ("payment_appointment_payable", PAY.format("{visit}", 100), "payment_amount_matches_fee"),
        ("payment_appointment_payable", PAY.format("{canceled_dear}", 100)),
        ("payment_amount_matches_fee", PAY.format("{hold}", 1)),
        ("payment_one_capture", "; ".join(f"UPDATE payment SET status = '{status}' WHERE id IN ({{first}}, {{second}})" for status in ("approved", "capturing")), "payment_appointment_payable"),
        ("payment_refund_within_capture", REFUND.format("{paid}", "100.01")),
        ("payment_status_transition", paid("status = 'created'")),
        ("payment_immutable", paid("amount = 1")),
        ("payment_immutable", paid("refund_total = 1")),
        ("payment_immutable", paid("without_slot = true")),
        ("payment_amount_valid", PAY.format("{hold}", 0), "payment_amount_matches_fee"),
        ("payment_appointment_id_fkey", PAY.format(0, 1), "payment_amount_matches_fee"),
        ("payment_capture_known", paid("capture_id = NULL"), "payment_immutable"),
        ("payment_capture_unique", "UPDATE payment SET capture_id = (SELECT capture_id FROM payment WHERE id = {paid}) WHERE id = {second}"),
        ("payment_order_unique", "UPDATE payment SET order_id = (SELECT order_id FROM payment WHERE id = {paid}) WHERE id = {second}"),
        ("payment_reference_unique", "UPDATE payment SET reference = (SELECT reference FROM payment WHERE id = {paid}) WHERE id = {second}", "payment_immutable"),
        ("payment_status_valid", paid("status = 'lost'"), "payment_status_transition"),
        ("refund_immutable", "UPDATE refund SET amount = 1"),
        ("refund_status_transition", "UPDATE refund SET status = 'lost'"),
        ("refund_status_valid", "UPDATE refund SET status = 'lost'", "refund_status_transition"),
        ("refund_amount_valid", REFUND.format("{paid}", 0)),
        ("refund_payment_id_fkey", REFUND.format(0, 1)),
        ("refund_paypal_unique", "INSERT INTO refund (payment_id, amount, reason, paypal_id) SELECT {paid}, 1, 'x', 'R' FROM generate_series(1, 2)"),
        ("webhook_event_payment_id_fkey", "INSERT INTO webhook_event (id, kind, payment_id) VALUES ('x', 'x', 0)"),
        ("receipt_account_id_fkey", "INSERT INTO receipt (account_id, route, key, fingerprint) VALUES (0, '', '', '')"),
        ("receipt_payment_id_fkey", "INSERT INTO receipt (account_id, route, key, fingerprint, payment_id) VALUES ({patient}, '', '', '', 0)"),
    )
]  # fmt: skip
