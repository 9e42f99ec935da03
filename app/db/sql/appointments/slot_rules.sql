-- The rules of taking a slot, in the order in which a refusal names them: what refuses a booking and what explains it.
CREATE OR REPLACE FUNCTION slot_rules(
    a appointment, d doctor, p policy, at_ timestamptz, of_doctor other_appointments, of_patient other_appointments
) RETURNS TABLE (rule text, why text)
LANGUAGE sql STABLE AS $$
    VALUES
    -- what a doctor has promised already may still be moved
    ('appointment_doctor_verified', CASE WHEN a.seat IS NULL THEN appointment_doctor_verified(d, p) END),
    ('appointment_booking_window', appointment_booking_window(lower(a.during), at_)),
    ('appointment_within_working_hours', appointment_within_working_hours(d, a.during)),
    ('appointment_doctor_no_overlap', appointment_doctor_no_overlap(of_doctor.clash)),
    ('appointment_patient_no_overlap', appointment_patient_no_overlap(of_patient.clash)),
    (
        'appointment_patient_hold_limit',
        -- a hold that is moved is no further hold
        CASE WHEN a.status = 'pending' AND a.hold_expires_at IS NULL
            THEN appointment_patient_hold_limit(of_patient.holds, p) END
    ),
    ('appointment_doctor_cap', CASE WHEN a.seat IS NULL THEN appointment_doctor_cap(of_doctor.active, d) END)
$$;
COMMENT ON FUNCTION slot_rules(appointment, doctor, policy, timestamptz, other_appointments, other_appointments) IS
'Every rule of taking a slot, and why an appointment would break it by taking its place at an instant; NULL: it would not.';

CREATE OR REPLACE FUNCTION broken_rules(
    a appointment, d doctor, p policy, at_ timestamptz, of_doctor other_appointments, of_patient other_appointments
) RETURNS TABLE (rule text, why text)
LANGUAGE sql STABLE AS $$
    SELECT rule, why FROM slot_rules(a, d, p, at_, of_doctor, of_patient) WHERE why IS NOT NULL
$$;
COMMENT ON FUNCTION broken_rules(appointment, doctor, policy, timestamptz, other_appointments, other_appointments) IS
'Every rule that an appointment would break by taking its place at an instant, and why; none: it may.';
