-- Every writer of a doctor's schedule first locks the doctor by updating the row. A writer with an outdated snapshot then fails
-- (serialization_failure). A mere row lock would let it decide on outdated data.
CREATE OR REPLACE FUNCTION lock_doctor(p_doctor bigint) RETURNS doctor
LANGUAGE plpgsql AS $$
DECLARE
    d doctor;
BEGIN
    UPDATE doctor SET booking_seq = booking_seq + 1 WHERE account_id = p_doctor RETURNING * INTO d;
    IF NOT FOUND THEN
        -- raised here, because the foreign key is checked only after the triggers that need the row
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'appointment_doctor_id_fkey',
            MESSAGE = format('There is no doctor %s.', p_doctor);
    END IF;
    RETURN d;
END
$$;
COMMENT ON FUNCTION lock_doctor(bigint) IS
'Takes the lock under which a doctor''s bookings are decided, until the transaction ends. The lock order is doctor, appointment, patient, waitlist entry, offer.';

-- Takes only the row lock, because the trigger that follows updates the doctor.
CREATE OR REPLACE FUNCTION lock_doctor_of(p_appointment bigint) RETURNS void
LANGUAGE sql AS $$
    SELECT FROM doctor
    WHERE account_id = (SELECT doctor_id FROM appointment WHERE id = p_appointment)
    FOR NO KEY UPDATE
$$;
COMMENT ON FUNCTION lock_doctor_of(bigint) IS
'Locks an appointment''s doctor before the appointment itself, to avoid deadlocks.';
