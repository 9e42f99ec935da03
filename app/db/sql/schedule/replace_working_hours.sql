CREATE OR REPLACE FUNCTION replace_working_hours(p_doctor bigint, p_week jsonb, p_cancel boolean)
RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d doctor := lock_doctor(p_doctor);
BEGIN
    PERFORM act_as('doctor', p_doctor);
    DELETE FROM working_hours WHERE doctor_id = p_doctor;
    INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute)
    SELECT p_doctor, weekday, start_minute, end_minute
    FROM jsonb_to_recordset(p_week) AS w (weekday smallint, start_minute smallint, end_minute smallint);
    RETURN QUERY SELECT * FROM settle_affected(
        ARRAY(SELECT id FROM stranded_appointments(d, clock_timestamp())), 'The doctor''s working hours have changed.', p_cancel
    );
END
$$;
COMMENT ON FUNCTION replace_working_hours(bigint, jsonb, boolean) IS
'Replaces a doctor''s week ([{weekday, start_minute, end_minute}]). Returns the appointments that it strands. If the call says so, they are canceled; otherwise the commit is refused.';
REVOKE EXECUTE ON FUNCTION replace_working_hours(bigint, jsonb, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION replace_working_hours(bigint, jsonb, boolean) TO booking_app;
