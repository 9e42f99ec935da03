-- A refusal lists every broken rule, not only the first.
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
        RETURN; -- without such a doctor there are no working hours to check
    END IF;
    SELECT * INTO p FROM policy;
    SELECT * INTO a FROM appointment
    WHERE id = coalesce(p_appointment, (SELECT appointment_id FROM offer WHERE id = open_offer(p_patient, p_doctor, p_start)));
    rule := 'appointment_status_transition';
    why := appointment_status_transition(a.status, a.status, a.hold_expires_at, a.during, at_);
    IF p_appointment IS NOT NULL AND why IS NOT NULL THEN
        RETURN NEXT; -- an appointment that can no longer be moved fits no slot
    END IF;
    a.doctor_id := p_doctor;
    a.patient_id := p_patient;
    a.during := tstzrange(p_start, p_start + make_interval(mins => d.slot_minutes));
    IF p_appointment IS NULL THEN
        -- booking an offered slot claims it, at the fee of the offer
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
'Every rule for booking a doctor''s slot now, or for moving an appointment there, with the reason why the patient would break it, or NULL. Takes no lock. No rows without such a doctor.';

CREATE OR REPLACE FUNCTION explain_booking(
    p_patient bigint, p_doctor bigint, p_start timestamptz, p_appointment bigint DEFAULT NULL
) RETURNS TABLE (rule text, why text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT rule, why FROM booking_rules(p_patient, p_doctor, p_start, p_appointment) WHERE why IS NOT NULL
$$;
COMMENT ON FUNCTION explain_booking(bigint, bigint, timestamptz, bigint) IS
'Every rule that a patient would break by booking a doctor''s slot now, or by moving an appointment there. Takes no lock.';
REVOKE EXECUTE ON FUNCTION explain_booking(bigint, bigint, timestamptz, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION explain_booking(bigint, bigint, timestamptz, bigint) TO booking_app, booking_admin;
