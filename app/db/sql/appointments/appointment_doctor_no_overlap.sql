-- Neither a doctor nor a patient is in two places at once. The exclusion constraints of these names are what enforces it;
-- looking first spares the wait for a booking that cannot succeed.
CREATE OR REPLACE FUNCTION appointment_doctor_no_overlap(clash boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN clash THEN 'This slot is taken.' END
$$;
COMMENT ON FUNCTION appointment_doctor_no_overlap(boolean) IS
'Why a doctor who has or has not another appointment then cannot take this one; NULL: they can.';

CREATE OR REPLACE FUNCTION appointment_patient_no_overlap(clash boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN clash THEN 'The patient has another appointment at that time.' END
$$;
COMMENT ON FUNCTION appointment_patient_no_overlap(boolean) IS
'Why a patient who has or has not another appointment then cannot take this one; NULL: they can.';
