-- A patient has at most policy.patient_hold_limit live unpaid holds.
CREATE OR REPLACE FUNCTION appointment_patient_hold_limit(live_holds integer, p policy) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN live_holds >= p.patient_hold_limit
            THEN format('You already have %s unpaid bookings. Pay for one or give one up first.', live_holds)
    END
$$;
COMMENT ON FUNCTION appointment_patient_hold_limit(integer, policy) IS
'A patient has at most as many unpaid holds as the policy allows. Why a patient with so many other live unpaid holds can make no more; NULL: one more is fine.';
