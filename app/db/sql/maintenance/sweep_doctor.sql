-- Stores changes that come with time and not with a request. Each doctor is swept in a transaction of its own.
CREATE OR REPLACE FUNCTION sweep_doctor(p_doctor bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d doctor;
BEGIN
    -- a doctor who is being booked is left to the next sweep, so that this one does not wait
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
'Retires a doctor''s lapsed holds and finished visits, ends waitlist entries for past days, and updates offers. Does nothing if the doctor is locked. Can be run at any time and repeated.';
REVOKE EXECUTE ON FUNCTION sweep_doctor(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_doctor(bigint) TO booking_app, booking_admin;
