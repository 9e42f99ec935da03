CREATE OR REPLACE FUNCTION reschedule_as_doctor(
    p_doctor bigint, p_appointment bigint, p_start timestamptz, p_block boolean
) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    old_time tstzrange := (SELECT during FROM appointment WHERE id = p_appointment AND doctor_id = p_doctor);
BEGIN
    IF old_time IS NULL THEN
        RETURN;
    END IF;
    PERFORM act_as('doctor', p_doctor);
    PERFORM lock_doctor_of(p_appointment);
    IF p_block THEN
        SELECT during INTO old_time FROM appointment WHERE id = p_appointment; -- the row after the wait for the lock
        INSERT INTO time_off (doctor_id, during) VALUES (p_doctor, old_time);
    END IF;
    PERFORM move_appointment(p_appointment, p_start);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;
COMMENT ON FUNCTION reschedule_as_doctor(bigint, bigint, timestamptz, boolean) IS
'Moves a doctor''s (account id) appointment, and adds time off at the old time if p_block; no row if the doctor has no such appointment.';
REVOKE EXECUTE ON FUNCTION reschedule_as_doctor(bigint, bigint, timestamptz, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reschedule_as_doctor(bigint, bigint, timestamptz, boolean) TO booking_app;
