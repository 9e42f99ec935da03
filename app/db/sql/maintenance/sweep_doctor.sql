-- What no request announces, the clock does: the sweep writes it down, one doctor in each transaction.
CREATE OR REPLACE VIEW doctor_to_sweep AS
WITH waited_for AS MATERIALIZED ( -- else each entry asks whether its doctor's waitlist is due
    SELECT doctor_id FROM waitlist_entry WHERE status IN ('waiting', 'offered')
    UNION
    SELECT doctor_id FROM appointment WHERE status = 'offered'
)

SELECT doctor_id FROM appointment WHERE status = 'pending' AND hold_expires_at <= now()
UNION
SELECT doctor_id FROM appointment WHERE status = 'confirmed' AND upper(during) <= now()
UNION
SELECT w.doctor_id
FROM waitlist_entry AS w
INNER JOIN doctor AS d ON w.doctor_id = d.account_id
WHERE w.status IN ('waiting', 'offered', 'paused') AND w.desired_date < (now() AT TIME ZONE d.timezone)::date
UNION
SELECT doctor_id FROM waited_for WHERE waitlist_is_due(doctor_id, now());
COMMENT ON VIEW doctor_to_sweep IS
'Doctors with lapsed holds, finished visits, waitlist entries whose day has passed, offers that are due, or slots that the waitlist is owed.';
GRANT SELECT ON doctor_to_sweep TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION sweep_doctor(p_doctor integer) RETURNS void
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
COMMENT ON FUNCTION sweep_doctor(integer) IS
'Retires a doctor''s lapsed holds and finished visits, ends waiting for days gone by and brings offers up to date; nothing if the doctor is locked. Safe at any time, any number of times.';
REVOKE EXECUTE ON FUNCTION sweep_doctor(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_doctor(integer) TO booking_app, booking_admin;
