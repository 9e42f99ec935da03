-- Lapsed holds become expired and finished visits completed, so that they never block anyone.
CREATE OR REPLACE FUNCTION retire_appointments(p_doctor bigint, p_patient bigint, at_ timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    actor text := current_setting('booking.actor', true);
BEGIN
    PERFORM act_as('system'); -- not whoever happens to book just now
    UPDATE appointment SET status = appointment_status(status, hold_expires_at, upper(during), at_)
    WHERE id IN (
        SELECT id FROM appointment
        WHERE (doctor_id = p_doctor OR patient_id = p_patient)
            AND status IN ('offered', 'pending', 'confirmed')
            AND NOT appointment_is_active(status, hold_expires_at, upper(during), at_)
        ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED -- whoever holds one is retiring it
    );
    PERFORM act_as(coalesce(actor, ''));
END
$$;
COMMENT ON FUNCTION retire_appointments(bigint, bigint, timestamptz) IS
'Writes down which active rows of a doctor, or of a patient, have lapsed or are over at an instant.';
