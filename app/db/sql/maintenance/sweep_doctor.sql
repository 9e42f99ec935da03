-- What no request announces, the clock does: the sweep writes it down, one doctor in each transaction.
CREATE OR REPLACE FUNCTION sweep_doctor(p_doctor bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d doctor;
BEGIN
    -- a doctor whom somebody is booking at this moment is left to the next sweep, rather than waited for
    PERFORM FROM doctor WHERE account_id = p_doctor FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM act_as('system');
    d := lock_doctor(p_doctor);
    PERFORM retire_appointments(p_doctor, NULL, clock_timestamp());
    WITH ended AS (
        UPDATE waitlist_entry SET status = 'lapsed'
        WHERE doctor_id = p_doctor AND status IN ('waiting', 'offered', 'paused')
            AND desired_date < (clock_timestamp() AT TIME ZONE d.timezone)::date
        RETURNING id, patient_id
    )
    INSERT INTO notification (kind, account_id, waitlist_entry_id, snapshot)
    SELECT 'waiting_lapsed', patient_id, id, jsonb_build_object('doctor', d.full_name) FROM ended ORDER BY id;
    PERFORM serve_waitlist(p_doctor);
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION sweep_doctor(bigint) IS
'Retires a doctor''s lapsed holds and finished visits, ends waiting for days gone by and brings offers up to date; nothing if the doctor is locked. Safe at any time, any number of times.';
REVOKE EXECUTE ON FUNCTION sweep_doctor(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_doctor(bigint) TO booking_app, booking_admin;
