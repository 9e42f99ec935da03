-- A patient books the slot of a doctor that starts at an instant.
CREATE OR REPLACE FUNCTION book(p_patient integer, p_doctor integer, p_start timestamptz) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    minutes integer := (SELECT slot_minutes FROM doctor WHERE account_id = p_doctor);
    new_id integer;
BEGIN
    PERFORM act_as('patient');
    -- for a doctor who does not exist any length will do: the trigger refuses
    INSERT INTO appointment (doctor_id, patient_id, during)
    VALUES (p_doctor, p_patient, tstzrange(p_start, p_start + make_interval(mins => coalesce(minutes, 30))))
    RETURNING id INTO new_id;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = new_id;
END
$$;
COMMENT ON FUNCTION book(integer, integer, timestamptz) IS
'Books for a patient (account id) with a doctor (account id). Confirmed if the fee is 0, else a hold. Raises the broken rule.';
REVOKE EXECUTE ON FUNCTION book(integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION book(integer, integer, timestamptz) TO booking_app;
