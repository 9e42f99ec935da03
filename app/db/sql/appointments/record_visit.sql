-- After the start the doctor says whether the patient came, and may correct it for 7 days.
CREATE OR REPLACE FUNCTION record_visit(p_doctor bigint, p_appointment bigint, p_status text)
RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF p_status NOT IN ('completed', 'no_show') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'A visit is completed or a no-show.';
    END IF;
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND doctor_id = p_doctor) THEN
        RETURN;
    END IF;
    PERFORM act_as('doctor', p_doctor);
    PERFORM lock_doctor_of(p_appointment);
    -- what the sweep or the doctor has said already may be said again
    UPDATE appointment SET status = p_status WHERE id = p_appointment AND status <> p_status;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;
COMMENT ON FUNCTION record_visit(bigint, bigint, text) IS
'Says of a doctor''s (account id) appointment that it was completed or that the patient did not come; no row if it is not theirs.';
REVOKE EXECUTE ON FUNCTION record_visit(bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_visit(bigint, bigint, text) TO booking_app;
