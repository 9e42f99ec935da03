-- An appointment is paid while its hold lives, and once.
CREATE OR REPLACE FUNCTION payment_appointment_payable(a appointment, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN s.status = 'expired' THEN 'The hold on this slot has lapsed. Book it again to pay for it.'
        WHEN s.status <> 'pending' THEN format('This appointment is %s: there is nothing to pay.', replace(s.status, '_', '-'))
        WHEN EXISTS (
            SELECT FROM payment WHERE appointment_id = a.id AND status IN ('capturing', 'pending_review')
        ) THEN 'A payment for this appointment is being taken already.'
    END
    FROM appointment_status(a.status, a.hold_expires_at, upper(a.during), at_) AS s (status)
$$;
COMMENT ON FUNCTION payment_appointment_payable(appointment, timestamptz) IS
'An appointment is paid while its hold lives, and once. Why nobody can begin to pay for an appointment at an instant; NULL: they can.';
