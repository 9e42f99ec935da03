CREATE OR REPLACE FUNCTION bulk_cancel_by(
    p_actor text, p_doctor bigint, p_patient bigint, p_date date, p_reason text, p_block boolean, p_dry_run boolean
) RETURNS SETOF api_appointment
LANGUAGE plpgsql AS $$
DECLARE
    d doctor := lock_doctor(p_doctor);
    chosen bigint[];
BEGIN
    SELECT coalesce(array_agg(id ORDER BY id), '{}') INTO chosen
    FROM held_appointments(p_doctor, clock_timestamp())
    WHERE (p_patient IS NULL OR patient_id = p_patient)
        AND (p_date IS NULL OR (lower(during) AT TIME ZONE d.timezone)::date = p_date);
    IF NOT p_dry_run THEN
        PERFORM cancel_chosen(p_actor, chosen, p_reason, p_block);
    END IF;
    RETURN QUERY SELECT * FROM api_appointment WHERE id = ANY (chosen) ORDER BY appointment_date, id;
END
$$;
COMMENT ON FUNCTION bulk_cancel_by(text, bigint, bigint, date, text, boolean, boolean) IS
'Does what bulk_cancel() does, as an act of the doctor or of an admin.';

CREATE OR REPLACE FUNCTION bulk_cancel(
    p_doctor bigint, p_patient bigint, p_date date, p_reason text, p_block boolean, p_dry_run boolean
) RETURNS SETOF api_appointment
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT * FROM bulk_cancel_by('doctor', p_doctor, p_patient, p_date, p_reason, p_block, p_dry_run)
$$;
COMMENT ON FUNCTION bulk_cancel(bigint, bigint, date, text, boolean, boolean) IS
'Cancels all of a doctor''s active appointments that have not started, optionally of one patient or one local day. A dry run only lists them.';
REVOKE EXECUTE ON FUNCTION bulk_cancel(bigint, bigint, date, text, boolean, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bulk_cancel(bigint, bigint, date, text, boolean, boolean) TO booking_app;
