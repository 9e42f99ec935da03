-- A confirmed appointment is free of charge or paid.
CREATE OR REPLACE FUNCTION appointment_confirmed_is_paid(a appointment) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN a.status = 'confirmed' AND a.fee > 0 AND NOT EXISTS (
            SELECT FROM payment
            WHERE appointment_id = a.id AND status IN ('captured', 'partially_refunded', 'refunded') AND NOT without_slot
        ) THEN format('An appointment that costs %s is confirmed only by its payment.', money_text(a.fee, a.currency))
    END
$$;
COMMENT ON FUNCTION appointment_confirmed_is_paid(appointment) IS
'A confirmed appointment is free of charge or paid. Returns why an appointment cannot be confirmed, or NULL; also NULL if it is not confirmed.';
