CREATE OR REPLACE FUNCTION add_time_off(
    p_doctor bigint, p_start timestamptz, p_end timestamptz, p_reason text, p_cancel boolean
) RETURNS TABLE (time_off_id bigint, affected api_appointment[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_during tstzrange;
BEGIN
    -- refused here, because PostgreSQL cannot construct such a range
    PERFORM refuse('time_off_during_valid', CASE WHEN p_end <= p_start THEN 'Time off must end after it starts.' END);
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
COMMENT ON FUNCTION add_time_off(bigint, timestamptz, timestamptz, text, boolean) IS
'Adds time off. Returns its id and the appointments that it covers. If the call says so, they are canceled; otherwise the commit is refused.';
REVOKE EXECUTE ON FUNCTION add_time_off(bigint, timestamptz, timestamptz, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_time_off(bigint, timestamptz, timestamptz, text, boolean) TO booking_app;

CREATE OR REPLACE FUNCTION delete_time_off(p_doctor bigint, p_time_off bigint) RETURNS SETOF time_off
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_doctor(p_doctor);
    RETURN QUERY DELETE FROM time_off WHERE id = p_time_off AND doctor_id = p_doctor RETURNING *;
END
$$;
COMMENT ON FUNCTION delete_time_off(bigint, bigint) IS 'Deletes a doctor''s time off; no row if the doctor has no such time off.';
REVOKE EXECUTE ON FUNCTION delete_time_off(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delete_time_off(bigint, bigint) TO booking_app;
