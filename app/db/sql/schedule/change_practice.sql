CREATE OR REPLACE FUNCTION change_practice(p_doctor bigint, p_changes jsonb, p_cancel boolean)
RETURNS TABLE (practice doctor, affected api_appointment[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was doctor := lock_doctor(p_doctor);
    wanted doctor := jsonb_populate_record(was, p_changes);
BEGIN
    PERFORM act_as('doctor', p_doctor);
    PERFORM change_email(p_doctor, p_changes ->> 'email') WHERE p_changes ? 'email';
    UPDATE doctor SET
        full_name = wanted.full_name,
        phone = wanted.phone,
        specialty = wanted.specialty,
        experience_years = wanted.experience_years,
        timezone = wanted.timezone,
        slot_minutes = wanted.slot_minutes,
        buffer_minutes = wanted.buffer_minutes,
        max_appointments = wanted.max_appointments,
        fee = wanted.fee,
        currency = wanted.currency
    WHERE account_id = p_doctor
    RETURNING * INTO practice;
    affected := ARRAY(
        SELECT a FROM settle_affected(
            ARRAY(SELECT id FROM stranded_appointments(practice, clock_timestamp()) WHERE practice.timezone <> was.timezone),
            'The doctor''s time zone has changed.',
            p_cancel
        ) AS a
    );
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION change_practice(bigint, jsonb, boolean) IS
'Changes a doctor''s email, profile, time zone, slot and buffer length, cap, fee or currency ({column: value}). Returns the appointments that a new time zone strands. If the call says so, they are canceled; otherwise the commit is refused.';
REVOKE EXECUTE ON FUNCTION change_practice(bigint, jsonb, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION change_practice(bigint, jsonb, boolean) TO booking_app;
