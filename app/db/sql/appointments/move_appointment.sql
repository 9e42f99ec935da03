-- A move keeps the appointment: its number, seat, fee and payment stay; window, hours and overlaps are checked anew.
CREATE OR REPLACE FUNCTION move_appointment(p_appointment integer, p_start timestamptz) RETURNS void
LANGUAGE sql AS $$
    UPDATE appointment AS a
    SET during = tstzrange(p_start, p_start + make_interval(mins => d.slot_minutes))
    FROM doctor AS d
    WHERE a.id = p_appointment AND d.account_id = a.doctor_id
$$;
COMMENT ON FUNCTION move_appointment(integer, timestamptz) IS 'Moves an appointment to the slot that starts at an instant.';

CREATE OR REPLACE FUNCTION reschedule_as_patient(p_patient integer, p_appointment integer, p_start timestamptz)
RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND patient_id = p_patient) THEN
        RETURN;
    END IF;
    PERFORM act_as('patient', p_patient);
    PERFORM lock_doctor_of(p_appointment);
    IF has_waitlist(doctor_of(p_appointment)) AND NOT take_offered_place(p_patient, p_appointment, p_start) THEN
        PERFORM serve_waitlist(doctor_of(p_appointment)); -- what the clock has freed is theirs first
    END IF;
    PERFORM move_appointment(p_appointment, p_start);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;
COMMENT ON FUNCTION reschedule_as_patient(integer, integer, timestamptz) IS
'Moves a patient''s (account id) appointment; no row if it is not theirs. The right to cancel never grows by it.';
REVOKE EXECUTE ON FUNCTION reschedule_as_patient(integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reschedule_as_patient(integer, integer, timestamptz) TO booking_app;

CREATE OR REPLACE FUNCTION reschedule_as_doctor(
    p_doctor integer, p_appointment integer, p_start timestamptz, p_block boolean
) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    old_time tstzrange := (SELECT during FROM appointment WHERE id = p_appointment AND doctor_id = p_doctor);
BEGIN
    IF old_time IS NULL THEN
        RETURN;
    END IF;
    PERFORM act_as('doctor', p_doctor);
    PERFORM lock_doctor_of(p_appointment);
    IF p_block THEN
        SELECT during INTO old_time FROM appointment WHERE id = p_appointment; -- as it stands after the wait
        INSERT INTO time_off (doctor_id, during) VALUES (p_doctor, old_time);
    END IF;
    PERFORM move_appointment(p_appointment, p_start);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;
COMMENT ON FUNCTION reschedule_as_doctor(integer, integer, timestamptz, boolean) IS
'Moves a doctor''s (account id) appointment, and takes the old time off if told to block it; no row if it is not theirs.';
REVOKE EXECUTE ON FUNCTION reschedule_as_doctor(integer, integer, timestamptz, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reschedule_as_doctor(integer, integer, timestamptz, boolean) TO booking_app;

-- Whoever has an appointment already may move it to a slot that is offered to them, instead of claiming a second one.
CREATE OR REPLACE FUNCTION take_offered_place(p_patient integer, p_appointment integer, p_start timestamptz) RETURNS boolean
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
    PERFORM act_as('system'); -- what becomes of the others is not the patient's doing
    PERFORM release_slot(o.appointment_id);
    PERFORM act_as('patient', p_patient);
    RETURN true;
END
$$;
COMMENT ON FUNCTION take_offered_place(integer, integer, timestamptz) IS
'Releases the slot that starts at an instant, if it is offered to the patient by their appointment''s doctor, who must be locked: the appointment can then move there. Whether it was.';

CREATE OR REPLACE FUNCTION doctor_of(p_appointment integer) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT doctor_id FROM appointment WHERE id = p_appointment
$$;
COMMENT ON FUNCTION doctor_of(integer) IS 'An appointment''s doctor.';
