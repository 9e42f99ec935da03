-- Disabled doctors are never listed, booked or waited for. If the policy requires verification, unverified ones are not either.
CREATE OR REPLACE FUNCTION appointment_doctor_verified(d doctor, p policy) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN d.disabled_at IS NOT NULL THEN 'This doctor takes no new appointments at present.'
        WHEN NOT is_verified(d, p) THEN 'This doctor is not verified yet and takes no new appointments.'
    END
$$;
COMMENT ON FUNCTION appointment_doctor_verified(doctor, policy) IS
'A doctor can be booked unless disabled and, if the policy requires it, only after verification by an admin. Returns why a doctor takes no new appointments, or NULL.';
