CREATE OR REPLACE FUNCTION reschedule_as_patient(p_patient bigint, p_appointment bigint, p_start timestamptz)
RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND patient_id = p_patient) THEN
        RETURN;
    END IF;
    PERFORM act_as('patient', p_patient);
    PERFORM lock_doctor_of(p_appointment);
    IF has_waitlist(doctor_of(p_appointment)) AND NOT release_offered_slot(p_patient, p_appointment, p_start) THEN
        PERFORM serve_waitlist(doctor_of(p_appointment)); -- slots freed by the clock go to the waitlist first
    END IF;
    PERFORM move_appointment(p_appointment, p_start);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;
COMMENT ON FUNCTION reschedule_as_patient(bigint, bigint, timestamptz) IS
'Moves a patient''s (account id) appointment; no row if the patient has no such appointment. Never extends the cancellation deadline.';
REVOKE EXECUTE ON FUNCTION reschedule_as_patient(bigint, bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reschedule_as_patient(bigint, bigint, timestamptz) TO booking_app;

-- A patient with an appointment can move it to a slot that is offered to them, instead of claiming a second one.
CREATE OR REPLACE FUNCTION release_offered_slot(p_patient bigint, p_appointment bigint, p_start timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    o offer;
BEGIN
    SELECT * INTO o FROM offer WHERE id = open_offer(p_patient, doctor_of(p_appointment), p_start);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE offer SET status = 'accepted' WHERE id = o.id;
    UPDATE waitlist_entry SET status = 'fulfilled' WHERE id = o.waitlist_entry_id;
    PERFORM act_as('system'); -- the other patients' offers do not end by an act of this patient
    PERFORM release_slot(o.appointment_id);
    PERFORM act_as('patient', p_patient);
    RETURN true;
END
$$;
COMMENT ON FUNCTION release_offered_slot(bigint, bigint, timestamptz) IS
'Releases the slot that starts at an instant, if it is offered to the patient by their appointment''s doctor, so that the appointment can move there. Returns whether it was. The doctor must be locked.';
