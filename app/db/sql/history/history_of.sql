-- History keeps only ids, times, statuses and the policy. It has no names, contact data or free text, because records are never erased.
CREATE OR REPLACE FUNCTION history_of(a appointment) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'doctor', a.doctor_id, 'patient', a.patient_id, 'appointment_date', utc_text(lower(a.during)),
        'ends_at', utc_text(upper(a.during)), 'status', a.status, 'hold_expires_at', utc_text(a.hold_expires_at),
        'cancel_deadline', utc_text(a.cancel_deadline), 'canceled_by', a.canceled_by
    )
$$;
COMMENT ON FUNCTION history_of(appointment) IS 'The columns of an appointment that history keeps, under the names of the API.';

CREATE OR REPLACE FUNCTION history_of(w waitlist_entry) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'doctor', w.doctor_id, 'patient', w.patient_id, 'desired_date', to_char(w.desired_date, 'YYYY-MM-DD'), 'status', w.status
    )
$$;
COMMENT ON FUNCTION history_of(waitlist_entry) IS 'The columns of a waitlist entry that history keeps, under the names of the API.';

CREATE OR REPLACE FUNCTION history_of(p payment) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'appointment', p.appointment_id, 'status', p.status, 'without_slot', p.without_slot,
        'needs_attention', p.attention IS NOT NULL
    )
$$;
COMMENT ON FUNCTION history_of(payment) IS 'The columns of a payment that history keeps.';

CREATE OR REPLACE FUNCTION history_of(r refund) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('payment', r.payment_id, 'status', r.status)
$$;
COMMENT ON FUNCTION history_of(refund) IS 'The columns of a refund that history keeps.';

CREATE OR REPLACE FUNCTION history_of(a account) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('role', a.role, 'status', a.status)
$$;
COMMENT ON FUNCTION history_of(account) IS 'The columns of an account that history keeps.';

CREATE OR REPLACE FUNCTION history_of(p policy) RETURNS jsonb
LANGUAGE sql STABLE SET intervalstyle = 'postgres' AS $$
    SELECT to_jsonb(p) - 'id'
$$;
COMMENT ON FUNCTION history_of(policy) IS 'The columns of the policy that history keeps: all but the id.';
