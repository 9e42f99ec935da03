-- After the start, the doctor records whether the patient came. This can be corrected for 7 days.
CREATE OR REPLACE FUNCTION record_visit(p_doctor bigint, p_appointment bigint, p_status text)
RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF p_status NOT IN ('completed', 'no_show') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'The status of a visit must be completed or no_show.';
    END IF;
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND doctor_id = p_doctor) THEN
        RETURN;
    END IF;
    PERFORM act_as('doctor', p_doctor);
    PERFORM lock_doctor_of(p_appointment);
    -- the same status can be recorded again, by the sweep or the doctor
    UPDATE appointment SET status = p_status WHERE id = p_appointment AND status <> p_status;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;
COMMENT ON FUNCTION record_visit(bigint, bigint, text) IS
'Records that a doctor''s (account id) appointment was completed or that the patient did not come; no row if the doctor has no such appointment.';
REVOKE EXECUTE ON FUNCTION record_visit(bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_visit(bigint, bigint, text) TO booking_app;
