CREATE OR REPLACE FUNCTION join_waitlist(
    p_patient bigint, p_doctor bigint, p_date date,
    p_earliest time DEFAULT NULL, p_latest time DEFAULT NULL, p_notice_minutes integer DEFAULT 0
) RETURNS SETOF api_waitlist_entry
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    new_id bigint;
BEGIN
    PERFORM act_as('patient', p_patient);
    INSERT INTO waitlist_entry (doctor_id, patient_id, desired_date, earliest_time, latest_time, min_notice_minutes)
    VALUES (p_doctor, p_patient, p_date, p_earliest, p_latest, p_notice_minutes)
    RETURNING id INTO new_id;
    PERFORM serve_waitlist(p_doctor); -- the current wave may have room for this entry
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_waitlist_entry WHERE id = new_id;
END
$$;
COMMENT ON FUNCTION join_waitlist(bigint, bigint, date, time, time, integer) IS
'Adds a patient to the waitlist of a doctor who is full. The day and the times of day are in the doctor''s time zone; NULL means any. Raises the broken rule.';
REVOKE EXECUTE ON FUNCTION join_waitlist(bigint, bigint, date, time, time, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION join_waitlist(bigint, bigint, date, time, time, integer) TO booking_app;
