-- Lapsed holds become expired and finished visits completed, so that they block no one.
CREATE OR REPLACE FUNCTION retire_appointments(p_doctor bigint, p_patient bigint, at_ timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    actor text := current_setting('booking.actor', true);
BEGIN
    PERFORM act_as('system'); -- not an act of the patient who books at this moment
    UPDATE appointment SET status = appointment_status(status, hold_expires_at, upper(during), at_)
    WHERE id IN (
        SELECT id FROM appointment
        WHERE (doctor_id = p_doctor OR patient_id = p_patient)
            AND status IN ('offered', 'pending', 'confirmed')
            AND NOT appointment_is_active(status, hold_expires_at, upper(during), at_)
        ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED -- another transaction that locks a row is retiring it
    );
    PERFORM act_as(coalesce(actor, ''));
END
$$;
COMMENT ON FUNCTION retire_appointments(bigint, bigint, timestamptz) IS
'Writes the status of a doctor''s or a patient''s active rows that have lapsed or ended at an instant.';
