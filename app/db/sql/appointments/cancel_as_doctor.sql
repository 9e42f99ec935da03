-- A doctor can cancel at any time before the start. With block, the time becomes time off and is not offered again.
CREATE OR REPLACE FUNCTION cancel_as_doctor(p_doctor bigint, p_appointment bigint, p_reason text, p_block boolean)
RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND doctor_id = p_doctor) THEN
        RETURN;
    END IF;
    PERFORM lock_doctor_of(p_appointment);
    PERFORM cancel_together('doctor', ARRAY[p_appointment], p_reason, p_block);
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;
COMMENT ON FUNCTION cancel_as_doctor(bigint, bigint, text, boolean) IS
'Cancels a doctor''s (account id) appointment, and adds time off if p_block; no row if the doctor has no such appointment.';
REVOKE EXECUTE ON FUNCTION cancel_as_doctor(bigint, bigint, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cancel_as_doctor(bigint, bigint, text, boolean) TO booking_app;
