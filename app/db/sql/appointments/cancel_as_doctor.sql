-- A doctor cancels at any time before the start; with block, that time is off and offered to nobody.
CREATE OR REPLACE FUNCTION cancel_as_doctor(p_doctor integer, p_appointment integer, p_reason text, p_block boolean)
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
COMMENT ON FUNCTION cancel_as_doctor(integer, integer, text, boolean) IS
'Cancels a doctor''s (account id) appointment, and takes the time off if told to block it; no row if it is not theirs.';
REVOKE EXECUTE ON FUNCTION cancel_as_doctor(integer, integer, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cancel_as_doctor(integer, integer, text, boolean) TO booking_app;

-- One act is told each person in one mail, however many of their appointments it cancels.
CREATE OR REPLACE FUNCTION cancel_together(p_actor text, p_appointments integer[], p_reason text, p_block boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM act_as(p_actor, CASE p_actor WHEN 'doctor' THEN doctor_of(p_appointments[1]) END);
    PERFORM set_config('booking.batch', gen_random_uuid()::text, true);
    IF p_block THEN
        -- first, so that a canceled appointment's time is not announced as free
        INSERT INTO time_off (doctor_id, during) SELECT doctor_id, during FROM appointment WHERE id = ANY (p_appointments);
    END IF;
    UPDATE appointment SET status = 'canceled', cancel_reason = p_reason WHERE id = ANY (p_appointments);
    PERFORM set_config('booking.batch', '', true);
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION cancel_together(text, integer[], text, boolean) IS
'Cancels appointments of one doctor as one act, of the doctor or of an admin. The doctor must be locked.';

-- Time passes between the choice and the cancellation: an appointment that lapses or begins just then is no longer
-- to be chosen, so the whole act starts over.
CREATE OR REPLACE FUNCTION cancel_chosen(p_actor text, p_appointments integer[], p_reason text, p_block boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    rule text;
BEGIN
    PERFORM cancel_together(p_actor, p_appointments, p_reason, p_block);
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
    IF rule <> 'appointment_status_transition' THEN
        RAISE;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'An appointment has just ended or begun; try again.';
END
$$;
COMMENT ON FUNCTION cancel_chosen(text, integer[], text, boolean) IS
'Cancels appointments of one doctor that were held a moment ago. The doctor must be locked.';

CREATE OR REPLACE FUNCTION bulk_cancel_by(
    p_actor text, p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean
) RETURNS SETOF api_appointment
LANGUAGE plpgsql AS $$
DECLARE
    d doctor := lock_doctor(p_doctor);
    chosen integer[];
BEGIN
    SELECT coalesce(array_agg(id ORDER BY id), '{}') INTO chosen
    FROM held_appointments(p_doctor, clock_timestamp())
    WHERE (p_patient IS NULL OR patient_id = p_patient)
        AND (p_date IS NULL OR (lower(during) AT TIME ZONE d.timezone)::date = p_date);
    IF NOT p_dry_run THEN
        PERFORM cancel_chosen(p_actor, chosen, p_reason, p_block);
    END IF;
    RETURN QUERY SELECT * FROM api_appointment WHERE id = ANY (chosen) ORDER BY appointment_date, id;
END
$$;
COMMENT ON FUNCTION bulk_cancel_by(text, integer, integer, date, text, boolean, boolean) IS
'What bulk_cancel() does, as an act of the doctor or of an admin.';

CREATE OR REPLACE FUNCTION bulk_cancel(
    p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean
) RETURNS SETOF api_appointment
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT * FROM bulk_cancel_by('doctor', p_doctor, p_patient, p_date, p_reason, p_block, p_dry_run)
$$;
COMMENT ON FUNCTION bulk_cancel(integer, integer, date, text, boolean, boolean) IS
'Cancels all of a doctor''s active appointments that have not started, of one patient and on one day of the doctor''s if given; a dry run only lists them.';
REVOKE EXECUTE ON FUNCTION bulk_cancel(integer, integer, date, text, boolean, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bulk_cancel(integer, integer, date, text, boolean, boolean) TO booking_app;

CREATE OR REPLACE FUNCTION held_appointments(p_doctor integer, at_ timestamptz) RETURNS SETOF appointment
LANGUAGE sql STABLE AS $$
    SELECT * FROM appointment
    WHERE doctor_id = p_doctor AND status IN ('pending', 'confirmed') AND lower(during) > at_
        AND appointment_is_active(status, hold_expires_at, upper(during), at_)
$$;
COMMENT ON FUNCTION held_appointments(integer, timestamptz) IS
'A doctor''s appointments that a patient holds and that start after an instant.';
