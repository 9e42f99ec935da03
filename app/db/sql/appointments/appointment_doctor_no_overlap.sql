-- No doctor and no patient has two appointments at once. Exclusion constraints with these names enforce it;
-- checking first avoids a wait for a booking that cannot succeed.
CREATE OR REPLACE FUNCTION appointment_doctor_no_overlap(clash boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN clash THEN 'This slot is taken.' END
$$;
COMMENT ON FUNCTION appointment_doctor_no_overlap(boolean) IS
'Returns why a doctor cannot take an appointment, if another one overlaps it; otherwise NULL.';

CREATE OR REPLACE FUNCTION appointment_patient_no_overlap(clash boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN clash THEN 'The patient has another appointment at that time.' END
$$;
COMMENT ON FUNCTION appointment_patient_no_overlap(boolean) IS
'Returns why a patient cannot take an appointment, if another one overlaps it; otherwise NULL.';
