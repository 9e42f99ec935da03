-- The rules for taking a slot, in the order in which a refusal lists them. Both the refusal and its explanation use this list.
CREATE OR REPLACE FUNCTION slot_rules(
    a appointment, d doctor, p policy, at_ timestamptz, of_doctor other_appointments, of_patient other_appointments
) RETURNS TABLE (rule text, why text)
LANGUAGE sql STABLE AS $$
    VALUES
    -- existing appointments of such a doctor can still be moved
    ('appointment_doctor_verified', CASE WHEN a.seat IS NULL THEN appointment_doctor_verified(d, p) END),
    ('appointment_booking_window', appointment_booking_window(lower(a.during), at_)),
    ('appointment_within_working_hours', appointment_within_working_hours(d, a.during)),
    ('appointment_doctor_no_overlap', appointment_doctor_no_overlap(of_doctor.clash)),
    ('appointment_patient_no_overlap', appointment_patient_no_overlap(of_patient.clash)),
    (
        'appointment_patient_hold_limit',
        -- moving a hold does not add one
        CASE WHEN a.status = 'pending' AND a.hold_expires_at IS NULL
            THEN appointment_patient_hold_limit(of_patient.holds, p) END
    ),
    ('appointment_doctor_cap', CASE WHEN a.seat IS NULL THEN appointment_doctor_cap(of_doctor.active, d) END)
$$;
COMMENT ON FUNCTION slot_rules(appointment, doctor, policy, timestamptz, other_appointments, other_appointments) IS
'Every rule for taking a slot, with the reason why an appointment would break it at an instant, or NULL.';

CREATE OR REPLACE FUNCTION broken_rules(
    a appointment, d doctor, p policy, at_ timestamptz, of_doctor other_appointments, of_patient other_appointments
) RETURNS TABLE (rule text, why text)
LANGUAGE sql STABLE AS $$
    SELECT rule, why FROM slot_rules(a, d, p, at_, of_doctor, of_patient) WHERE why IS NOT NULL
$$;
COMMENT ON FUNCTION broken_rules(appointment, doctor, policy, timestamptz, other_appointments, other_appointments) IS
'Every rule that an appointment would break by taking its slot at an instant, with the reason.';
