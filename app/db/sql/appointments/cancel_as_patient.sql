-- A patient cancels an appointment.
CREATE OR REPLACE FUNCTION cancel_as_patient(p_patient bigint, p_appointment bigint) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM act_as('patient', p_patient);
    PERFORM lock_doctor_of(p_appointment);
    UPDATE appointment SET status = 'canceled' WHERE id = p_appointment AND patient_id = p_patient;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment AND patient = p_patient;
END
$$;
COMMENT ON FUNCTION cancel_as_patient(bigint, bigint) IS
'Cancels a patient''s (account id) appointment; no row if the patient has no such appointment. Raises the broken rule.';
REVOKE EXECUTE ON FUNCTION cancel_as_patient(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cancel_as_patient(bigint, bigint) TO booking_app;
