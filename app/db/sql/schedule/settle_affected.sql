-- What a change of the schedule would strand is named, or canceled and told in the same transaction; the rest is the constraints'.
CREATE OR REPLACE FUNCTION replace_working_hours(p_doctor integer, p_week jsonb, p_cancel boolean)
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
COMMENT ON FUNCTION replace_working_hours(integer, jsonb, boolean) IS
'Replaces a doctor''s week ([{weekday, start_minute, end_minute}]) and returns the appointments it strands, canceled if so told; else the commit is refused.';
REVOKE EXECUTE ON FUNCTION replace_working_hours(integer, jsonb, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION replace_working_hours(integer, jsonb, boolean) TO booking_app;

CREATE OR REPLACE FUNCTION change_practice(p_doctor integer, p_changes jsonb, p_cancel boolean)
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
COMMENT ON FUNCTION change_practice(integer, jsonb, boolean) IS
'Changes a doctor''s email, profile, zone, slot and buffer length, cap, fee or currency ({column: value}) and returns the appointments that a new zone strands, canceled if so told; else the commit is refused.';
REVOKE EXECUTE ON FUNCTION change_practice(integer, jsonb, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION change_practice(integer, jsonb, boolean) TO booking_app;

CREATE OR REPLACE FUNCTION add_time_off(
    p_doctor integer, p_start timestamptz, p_end timestamptz, p_reason text, p_cancel boolean
) RETURNS TABLE (time_off_id integer, affected api_appointment[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_during tstzrange;
BEGIN
    -- said here, because such a range cannot even be made
    PERFORM refuse('time_off_during_valid', CASE WHEN p_end <= p_start THEN 'Time off must end after it begins.' END);
    p_during := tstzrange(p_start, p_end);
    PERFORM lock_doctor(p_doctor);
    PERFORM act_as('doctor', p_doctor);
    INSERT INTO time_off (doctor_id, during, reason) VALUES (p_doctor, p_during, p_reason) RETURNING id INTO time_off_id;
    affected := ARRAY(
        SELECT a FROM settle_affected(
            ARRAY(SELECT id FROM held_appointments(p_doctor, clock_timestamp()) WHERE during && p_during), p_reason, p_cancel
        ) AS a
    );
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION add_time_off(integer, timestamptz, timestamptz, text, boolean) IS
'Takes a time off and returns its id and the appointments it covers, canceled if so told; else the commit is refused.';
REVOKE EXECUTE ON FUNCTION add_time_off(integer, timestamptz, timestamptz, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_time_off(integer, timestamptz, timestamptz, text, boolean) TO booking_app;

CREATE OR REPLACE FUNCTION delete_time_off(p_doctor integer, p_time_off integer) RETURNS SETOF time_off
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_doctor(p_doctor);
    RETURN QUERY DELETE FROM time_off WHERE id = p_time_off AND doctor_id = p_doctor RETURNING *;
END
$$;
COMMENT ON FUNCTION delete_time_off(integer, integer) IS 'Ends a doctor''s time off; no row if it is not theirs.';
REVOKE EXECUTE ON FUNCTION delete_time_off(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delete_time_off(integer, integer) TO booking_app;

CREATE OR REPLACE FUNCTION settle_affected(p_affected integer[], p_reason text, p_cancel boolean)
RETURNS SETOF api_appointment
LANGUAGE plpgsql AS $$
BEGIN
    IF p_cancel THEN
        PERFORM cancel_chosen('doctor', p_affected, p_reason, false);
    END IF;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = ANY (p_affected) ORDER BY appointment_date, id;
END
$$;
COMMENT ON FUNCTION settle_affected(integer[], text, boolean) IS
'Cancels what a change of the schedule affects if so told, and returns it.';
