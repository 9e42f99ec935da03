-- A patient books the slot of a doctor that starts at an instant.
CREATE OR REPLACE FUNCTION book(p_patient bigint, p_doctor bigint, p_start timestamptz) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    minutes smallint := (SELECT slot_minutes FROM doctor WHERE account_id = p_doctor);
    new_id bigint;
    offer_id bigint;
BEGIN
    IF has_waitlist(p_doctor) THEN
        PERFORM serve_waitlist(p_doctor); -- slots freed by the clock go to the waitlist first
        offer_id := open_offer(p_patient, p_doctor, p_start);
        IF offer_id IS NOT NULL THEN
            RETURN QUERY SELECT * FROM claim_offer(p_patient, offer_id);
            RETURN;
        END IF;
    END IF;
    PERFORM act_as('patient', p_patient);
    -- without such a doctor, any length works: the trigger refuses the row
    INSERT INTO appointment (doctor_id, patient_id, during)
    VALUES (p_doctor, p_patient, tstzrange(p_start, p_start + make_interval(mins => coalesce(minutes, 30))))
    RETURNING id INTO new_id;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = new_id;
END
$$;
COMMENT ON FUNCTION book(bigint, bigint, timestamptz) IS
'Books an appointment of a patient (account id) with a doctor (account id): confirmed if the fee is 0, otherwise a hold. If the slot is offered to the patient, this claims the offer. Raises the broken rule.';
REVOKE EXECUTE ON FUNCTION book(bigint, bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION book(bigint, bigint, timestamptz) TO booking_app;
