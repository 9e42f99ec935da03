-- Every schedule writer locks the doctor first, by updating the row: a writer whose snapshot is stale then fails
-- (serialization_failure) where a mere lock would let it decide on what it can no longer see.
CREATE OR REPLACE FUNCTION lock_doctor(p_doctor bigint) RETURNS doctor
LANGUAGE plpgsql AS $$
DECLARE
    d doctor;
BEGIN
    UPDATE doctor SET booking_seq = booking_seq + 1 WHERE account_id = p_doctor RETURNING * INTO d;
    IF NOT FOUND THEN
        -- said here, because the foreign key itself is checked only after the triggers that need the row
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'appointment_doctor_id_fkey',
            MESSAGE = format('There is no doctor %s.', p_doctor);
    END IF;
    RETURN d;
END
$$;
COMMENT ON FUNCTION lock_doctor(bigint) IS
'Takes the lock under which a doctor''s bookings are decided, until the transaction ends. First in the order doctor, appointment, patient, waitlist entry, offer.';

-- The row lock alone, because the trigger that follows updates the doctor.
CREATE OR REPLACE FUNCTION lock_doctor_of(p_appointment bigint) RETURNS void
LANGUAGE sql AS $$
    SELECT FROM doctor
    WHERE account_id = (SELECT doctor_id FROM appointment WHERE id = p_appointment)
    FOR NO KEY UPDATE
$$;
COMMENT ON FUNCTION lock_doctor_of(bigint) IS
'Locks an appointment''s doctor before the appointment itself, so that two writers never wait for each other.';
