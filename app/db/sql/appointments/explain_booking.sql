-- Whoever is refused hears everything that stands in the way, not only the first thing.
CREATE OR REPLACE FUNCTION booking_rules(
    p_patient bigint, p_doctor bigint, p_start timestamptz, p_appointment bigint
) RETURNS TABLE (rule text, why text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    a appointment;
    d doctor;
    p policy;
    of_doctor other_appointments;
    owed tstzrange[];
    at_ timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO d FROM doctor WHERE account_id = p_doctor;
    IF NOT FOUND THEN
        RETURN; -- who is nobody has no hours to be outside of
    END IF;
    SELECT * INTO p FROM policy;
    SELECT * INTO a FROM appointment
    WHERE id = coalesce(p_appointment, (SELECT appointment_id FROM offer WHERE id = open_offer(p_patient, p_doctor, p_start)));
    rule := 'appointment_status_transition';
    why := appointment_status_transition(a.status, a.status, a.hold_expires_at, a.during, at_);
    IF p_appointment IS NOT NULL AND why IS NOT NULL THEN
        RETURN NEXT; -- no slot will do for what can no longer be moved
    END IF;
    a.doctor_id := p_doctor;
    a.patient_id := p_patient;
    a.during := tstzrange(p_start, p_start + make_interval(mins => d.slot_minutes));
    IF p_appointment IS NULL THEN
        -- a slot that is on offer to the patient is claimed, at the price it was offered for
        a.status := CASE WHEN coalesce(a.fee, d.fee) = 0 THEN 'confirmed' ELSE 'pending' END;
    END IF;
    of_doctor := other_appointments_of_doctor(a, at_);
    owed := reserved_slots(p_doctor, at_);
    of_doctor.active := of_doctor.active + cardinality(owed);
    of_doctor.clash := of_doctor.clash OR a.during && ANY (owed);
    RETURN QUERY SELECT * FROM slot_rules(a, d, p, at_, of_doctor, other_appointments_of_patient(a, at_));
END
$$;
COMMENT ON FUNCTION booking_rules(bigint, bigint, timestamptz, bigint) IS
'Every rule of booking a doctor''s slot now, or of moving an appointment there, and why a patient would break it; NULL: they would not. A look without a lock; nothing if there is no such doctor.';

CREATE OR REPLACE FUNCTION explain_booking(
    p_patient bigint, p_doctor bigint, p_start timestamptz, p_appointment bigint DEFAULT NULL
) RETURNS TABLE (rule text, why text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT rule, why FROM booking_rules(p_patient, p_doctor, p_start, p_appointment) WHERE why IS NOT NULL
$$;
COMMENT ON FUNCTION explain_booking(bigint, bigint, timestamptz, bigint) IS
'Every rule that a patient breaks by booking a doctor''s slot now, or by moving an appointment there; a look without a lock.';
REVOKE EXECUTE ON FUNCTION explain_booking(bigint, bigint, timestamptz, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION explain_booking(bigint, bigint, timestamptz, bigint) TO booking_app, booking_admin;
