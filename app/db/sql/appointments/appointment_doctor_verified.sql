-- Where the policy asks for it, only doctors whom an admin has verified are found, booked and waited for; disabled ones never are.
CREATE OR REPLACE FUNCTION appointment_doctor_verified(d doctor, p policy) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN d.disabled_at IS NOT NULL THEN 'This doctor takes no new appointments at present.'
        WHEN NOT is_verified(d, p) THEN 'This doctor has not been verified yet, so takes no new appointments.'
    END
$$;
COMMENT ON FUNCTION appointment_doctor_verified(doctor, policy) IS
'No doctor is booked whom an admin has disabled, nor, where the policy asks for it, one whom nobody has verified. Why a doctor takes no new appointments at all; NULL: not disabled, and verified, or the policy does not ask.';
