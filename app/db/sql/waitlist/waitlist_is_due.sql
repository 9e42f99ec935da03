-- The sweep uses this to find changes that no request has handled, such as an offer that has expired.
CREATE OR REPLACE FUNCTION waitlist_is_due(p_doctor bigint, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM appointment AS a WHERE a.doctor_id = p_doctor AND a.status = 'offered' AND slot_is_due(a, at_)
    ) OR EXISTS (
        SELECT FROM waitlist_entry AS w
        WHERE w.doctor_id = p_doctor AND w.status = 'offered' AND NOT has_claim(w, at_)
            AND NOT EXISTS (SELECT FROM offer AS o WHERE o.waitlist_entry_id = w.id AND o.status IN ('queued', 'sent'))
    ) OR cardinality(reserved_slots(p_doctor, at_)) > 0
$$;
COMMENT ON FUNCTION waitlist_is_due(bigint, timestamptz) IS
'Whether serve_waitlist() has work to do for a doctor at an instant: an offer is due, a claim has lapsed, or a slot is reserved for the waitlist.';
REVOKE EXECUTE ON FUNCTION waitlist_is_due(bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION waitlist_is_due(bigint, timestamptz) TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION slot_is_due(a appointment, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT lower(a.during) - offer_min_notice <= at_ OR NOT EXISTS (
        SELECT FROM offer AS o WHERE o.appointment_id = a.id AND o.status IN ('queued', 'sent')
    ) OR EXISTS (
        SELECT FROM offer AS o WHERE o.appointment_id = a.id AND o.status IN ('queued', 'sent') AND o.due_at <= at_
    )
    FROM policy
$$;
COMMENT ON FUNCTION slot_is_due(appointment, timestamptz) IS
'Whether a slot on offer needs work: it starts too soon, it has no live offer, or one of its offers is due.';
