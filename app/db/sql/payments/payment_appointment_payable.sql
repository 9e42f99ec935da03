CREATE OR REPLACE FUNCTION payment_appointment_payable(a appointment, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN s.status = 'expired' THEN 'The hold on this slot has lapsed. Book the slot again to pay for it.'
        WHEN s.status <> 'pending' THEN format('This appointment is %s. There is nothing to pay.', replace(s.status, '_', '-'))
        WHEN EXISTS (
            SELECT FROM payment WHERE appointment_id = a.id AND status IN ('capturing', 'pending_review')
        ) THEN 'A payment for this appointment is already in progress.'
    END
    FROM appointment_status(a.status, a.hold_expires_at, upper(a.during), at_) AS s (status)
$$;
COMMENT ON FUNCTION payment_appointment_payable(appointment, timestamptz) IS
'An appointment can be paid only once, and only while it is held. Returns why an appointment cannot be paid at an instant, or NULL if it can.';
