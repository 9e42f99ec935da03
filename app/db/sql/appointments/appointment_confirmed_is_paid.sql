-- A confirmed appointment costs nothing or is paid.
CREATE OR REPLACE FUNCTION appointment_confirmed_is_paid(a appointment) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN a.status = 'confirmed' AND a.fee > 0 AND NOT EXISTS (
            SELECT FROM payment
            WHERE appointment_id = a.id AND status IN ('captured', 'partially_refunded', 'refunded') AND NOT without_slot
        ) THEN format('An appointment that costs %s is confirmed by its payment only.', money_text(a.fee, a.currency))
    END
$$;
COMMENT ON FUNCTION appointment_confirmed_is_paid(appointment) IS
'A confirmed appointment costs nothing or is paid. Why an appointment may not be confirmed; NULL: it may, or it is not.';
